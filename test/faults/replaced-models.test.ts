import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { incompatibility } from "../../lib/serving/canary.js";
import { alteredModel, configOf } from "../onnx/altered-model.js";
import { CLASSIFIER, post, serverOf } from "../serving/support.js";
import { rowsOf } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { Draws } from "./draws.js";
import { tries } from "./tries.js";

/** A copy of the classifier whose last layer has other biases. */
function withBiases(...biases: number[]): string {
  return alteredModel("tiny-bert", {}, (tensors) => {
    const bytes = () => new Uint8Array(Float32Array.from(biases).buffer);
    tensors.set("classifier.bias", { dtype: "float32", shape: [3], bytes });
  });
}

const OTHER = withBiases(3, -1, 0.5);
const DAMAGED = withBiases(Number.NaN, 0, 0);

/** A folder that holds now one model and now another. */
const folder = join(temporaryDirectory(), "model");
function putThere(model: string): void {
  const next = `${folder}-next`;
  cpSync(model, next, { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  renameSync(next, folder);
}

putThere(CLASSIFIER);
const TOKEN = { authorization: "Bearer secret" };
const { app, models, log } = await serverOf({ models: { films: folder }, bearerToken: "secret" });
const reload = (body: object = {}) => post(app, "/reload", body, TOKEN);
const TEXTS = [...new Set(rowsOf(120).map(({ text }) => text))].slice(0, 32);

type Scores = { label: string; score: number }[];

async function scoresOf(texts: readonly string[]): Promise<Scores[]> {
  const inputs = texts.map((text) => [text]);
  const { status, json } = await post(app, "/predict", { inputs }, TOKEN);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
}

const scoreOf = (scores: Scores, name: string) => scores.find(({ label }) => label === name)!.score;

/** Whether all scores are the same, but for rounding. */
const isSame = (scores: Scores, others: Scores) =>
  others.every(({ label, score }) => Math.abs(score - scoreOf(scores, label)) < 1e-5);

test("models that are replaced under load answer every request of 64 clients once, whole and right", async () => {
  const old = await scoresOf(TEXTS);
  const perClient = tries(5, 160);
  let replaced = 0;
  /** Some go on until two models were replaced. */
  const isOver = (request: number, client: number) => request >= perClient && (client >= 4 || replaced >= 2);
  const draws = new Draws(5);
  const answers: { places: number[]; given: Scores[] }[] = [];
  const ask = async (client: number) => {
    for (let request = 0; !isOver(request, client); request++) {
      const places = Array.from({ length: 1 + draws.below(3) }, () => draws.below(TEXTS.length));
      answers.push({ places, given: await scoresOf(places.map((place) => TEXTS[place]!)) });
    }
  };
  const clients = Promise.all(Array.from({ length: 64 }, (_, client) => ask(client)));
  let areDone = false;
  const done = clients.finally(() => {
    areDone = true;
  });
  for (; !areDone; replaced++) {
    putThere(replaced % 2 === 0 ? OTHER : CLASSIFIER);
    assert.equal((await reload()).status, 200);
  }
  await done;
  putThere(OTHER);
  await reload();
  const other = await scoresOf(TEXTS);
  assert.ok(TEXTS.every((_, at) => !isSame(old[at]!, other[at]!)));
  const isOf = (model: Scores[]) => (answer: (typeof answers)[number]) =>
    answer.places.every((place, at) => isSame(answer.given[at]!, model[place]!));
  const [ofOld, ofOther] = [answers.filter(isOf(old)).length, answers.filter(isOf(other)).length];
  assert.ok(ofOld > 0 && ofOther > 0, `${ofOld} answers of one model, ${ofOther} of the other`);
  assert.equal(ofOld + ofOther, answers.length);
  assert.ok(answers.length >= 64 * perClient);
  assert.equal(models.of("films").waiting, 0);
});

test("a model that cannot take the place of the one in service does not, and says why", async () => {
  const before = await scoresOf(TEXTS.slice(0, 1));
  const refusals: [put: () => void, why: RegExp][] = [
    [() => putThere(DAMAGED), /not a finite number/],
    [() => writeFileSync(join(folder, "model.safetensors"), "damaged"), /model\.safetensors/],
  ];
  for (const [put, why] of refusals) {
    put();
    const { status, json } = await reload({ model: "films" });
    assert.deepEqual([status, json.error_type], [424, "Backend"]);
    assert.match(json.error, why);
    assert.match(log.at(-1)!, /^films stays as it is: /);
    assert.match(log.at(-1)!, why);
  }
  assert.ok(isSame(before[0]!, (await scoresOf(TEXTS.slice(0, 1)))[0]!));
  assert.equal(models.of("films").reloads.kept, refusals.length);
});

test("other labels are served, and told in the log", async () => {
  putThere(CLASSIFIER);
  const { id2label } = configOf(CLASSIFIER) as { id2label: Record<string, string> };
  const config = { ...configOf(CLASSIFIER), id2label: { ...id2label, 1: "mixed" } };
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ ...config, label2id: { negative: 0, mixed: 1, positive: 2 } }),
  );
  assert.deepEqual((await reload()).json, { reloaded: ["films"] });
  assert.ok(
    log.includes(
      "films has other labels now: negative, mixed, positive instead of negative, neutral, positive",
    ),
  );
  assert.ok((await scoresOf(["a film"]))[0]!.some(({ label }) => label === "mixed"));
});

test("a model of another task, or with vectors of another length, cannot take a model's place", () => {
  const vectors = { kind: "features", labels: [], vectorSize: 384 } as const;
  assert.equal(incompatibility(vectors, { ...vectors }), null);
  assert.equal(
    incompatibility(vectors, { ...vectors, vectorSize: 768 }),
    "its vectors have 768 numbers, those of the one in service 384",
  );
  const classifier = { kind: "classification", labels: ["bad", "good"], vectorSize: null } as const;
  assert.equal(incompatibility(classifier, { ...classifier, labels: ["good"] }), null);
  assert.equal(
    incompatibility(classifier, vectors),
    "it is for features, the one in service for classification",
  );
});
