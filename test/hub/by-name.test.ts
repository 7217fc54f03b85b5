import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { fastify } from "fastify";
import { metadataIn } from "../../lib/card/front-matter.js";
import { libbertPlugin } from "../../lib/fastify.js";
import {
  type DownloadEvent,
  type FineTuneEvent,
  fillMask,
  findLearningRate,
  fineTune,
  loadModel,
  pull,
  search,
} from "../../lib/index.js";
import { setEnvironment, temporaryFolder } from "../runtime/fakes.js";
import { goldenPath } from "../support/golden.js";
import { filesOf, TOKEN } from "./hub-model.js";
import { COMMIT, machineWithHub, NAME } from "./support.js";

const TASK = "classification";
const train = ["good", "bad", "good", "bad"].map((label) => ({ text: `a ${label} film`, label }));

test("loadModel() takes a name, tells what is fetched, and gives the same model as the folder does", async (t) => {
  const { server, cache } = await machineWithHub(t);
  const events: DownloadEvent[] = [];
  await using model = await loadModel(NAME, { task: TASK, onProgress: (event) => events.push(event) });
  assert.ok(events.some(({ file, loaded, total }) => file === "model.safetensors" && loaded === total));
  await using other = await loadModel(goldenPath("tiny-bert"), { task: TASK });
  assert.deepEqual(await model.predict(["a good film"]), await other.predict(["a good film"]));
  server.stop();
  await using offline = await loadModel(NAME, { task: TASK, localFilesOnly: true });
  assert.deepEqual(offline.labels, model.labels);
  assert.deepEqual(
    (await pull({ model: NAME, localFilesOnly: true })).folder,
    join(cache, `models--tiny-org--tiny-bert/snapshots/${COMMIT}`),
  );
});

test("fineTune() takes a name; what it saves has the files themselves, and nowhere the token", async (t) => {
  await machineWithHub(t, { access: "private" });
  const outputDir = join(temporaryFolder(t), "run");
  const types = new Set<string>();
  const onProgress = ({ type }: FineTuneEvent) => void types.add(type);
  const options = { task: TASK, model: NAME, train, outputDir, epochs: 1, token: TOKEN } as const;
  await using _model = await fineTune({ ...options, onProgress });
  assert.ok(types.has("download") && types.has("saved"));
  const saved = filesOf(outputDir);
  assert.ok(saved["vocab.txt"]!.equals(readFileSync(goldenPath("tiny-bert/vocab.txt"))));
  for (const [file, content] of Object.entries(saved)) assert.ok(!content.includes(TOKEN), file);
  const { base_model, license } = metadataIn(saved["README.md"]!.toString());
  assert.deepEqual([base_model, license], [NAME, "mit"]);
  const { model } = JSON.parse(saved["training_report.json"]!.toString());
  assert.match(JSON.stringify(model), new RegExp(`models--tiny-org--tiny-bert/snapshots/${COMMIT}`));
});

test("search() and findLearningRate() take a name, and ask for it once", async (t) => {
  const { server } = await machineWithHub(t);
  const outputDir = join(temporaryFolder(t), "search");
  const grid = { learningRate: [1e-3, 1e-4] };
  const options = { task: TASK, model: NAME, train, validation: train, epochs: 1, grid, outputDir } as const;
  const { trials } = await search(options);
  assert.equal(trials.length, 2);
  const questions = () => server.requests.filter((request) => request.includes("/api/")).length;
  assert.equal(questions(), 1);
  server.requests.length = 0;
  await search(options);
  assert.equal(server.requests.length, 1);
  await findLearningRate({ task: TASK, model: NAME, train, updates: 20, tests: 1 });
  assert.equal(questions(), 2);
});

test("fillMask() takes a name", async (t) => {
  await machineWithHub(t, { files: filesOf(goldenPath("tiny-bert-pretraining")) });
  const [masks] = await fillMask({ model: NAME, texts: ["a [MASK] film"], topK: 1 });
  assert.equal(masks!.length, 1);
});

test("a server takes a name, with the revision and the token that it needs", async (t) => {
  const { server } = await machineWithHub(t, { access: "private" });
  await using app = fastify();
  await app.register(libbertPlugin, { models: { films: NAME }, revision: COMMIT, token: TOKEN });
  const answer = await app.inject({ method: "POST", url: "/predict", payload: { inputs: "a good film" } });
  assert.equal(answer.statusCode, 200);
  assert.ok(server.requests.some((request) => request.includes(`/revision/${COMMIT}`)));
});

test("a local folder wins over a name, and has no revision", async (t) => {
  const { server } = await machineWithHub(t);
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "tiny-org"));
  cpSync(goldenPath("tiny-bert"), join(folder, NAME), { recursive: true });
  const before = process.cwd();
  process.chdir(folder);
  t.after(() => process.chdir(before));
  await using _model = await loadModel(NAME, { task: TASK });
  assert.deepEqual(server.requests, []);
  await assert.rejects(loadModel(NAME, { revision: "main" }), {
    code: "ERR_OPTION",
    option: "revision",
    message:
      'Expected no revision beside the path of a folder, which has none, for revision but received "main"',
  });
});

test("for what cannot be a name, nothing is fetched", async (t) => {
  const { server, cache } = await machineWithHub(t);
  for (const model of [
    "./tiny",
    "/nowhere/tiny",
    "a/b/c",
    "../tiny",
    "a--b/c",
    "tiny/",
    "https://example.org/a",
  ])
    await assert.rejects(loadModel(model), {
      code: "ERR_CHECKPOINT",
      message: `Expected a model directory with a config.json but there is no ${model}`,
    });
  await assert.rejects(pull({ model: "./tiny" }), { code: "ERR_OPTION", option: "model" });
  assert.deepEqual(server.requests, []);
  assert.throws(() => readdirSync(cache));
});

test("what is neither a folder nor a name of the Hub says what was looked for, and where", async (t) => {
  const { server } = await machineWithHub(t);
  await assert.rejects(loadModel("runs/frist"), {
    code: "ERR_CHECKPOINT",
    option: "model",
    message:
      `Expected a model folder, or a model's name on the Hugging Face Hub, for model but received "runs/frist": ` +
      `${resolve(".")} has no such folder, and ${server.url} shows no model of that name: a private one needs a token, ` +
      "with the option token, HF_TOKEN or hf auth login",
  });
  setEnvironment(t, { HF_ENDPOINT: "nonsense" });
  await assert.rejects(loadModel(NAME), {
    code: "ERR_RUNTIME",
    message: /in HF_ENDPOINT but received "nonsense"$/,
  });
});

test("what a listener throws ends the call, and is what the caller gets", async (t) => {
  await machineWithHub(t);
  const onProgress = () => {
    throw new RangeError("no");
  };
  await assert.rejects(loadModel(NAME, { onProgress }), RangeError);
  await assert.rejects(fineTune({ task: TASK, model: NAME, train, onProgress }), RangeError);
});
