import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fineTune } from "../../lib/fine-tuning/fine-tune.js";
import { loadSaved } from "../../lib/session/load-saved.js";
import type { TaskModel } from "../../lib/tasks/task-model.js";
import { settingsOf } from "../fine-tuning/settings.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const LONG = "the film was good . ".repeat(200);
const models: TaskModel[] = [];
let choosing: TaskModel;
before(async () => {
  const rows = [0, 1].map((label) => ({ context: "the film", choices: ["was good", "was bad"], label }));
  const options = { model: goldenPath("tiny-bert"), train: rows, epochs: 1, maxSeqLength: 24 };
  const settings = settingsOf({ task: "multiple-choice", ...options });
  choosing = (await fineTune(settings, { emit() {} })).model;
  models.push(choosing);
});
after(() => {
  for (const model of models) model.dispose();
});

async function load(folder: string): Promise<TaskModel> {
  const { model } = await loadSaved(folder, { device: "cpu", dtype: "float32" });
  models.push(model as TaskModel);
  return model as TaskModel;
}

/** That the last input is refused, and that nothing was computed. */
async function refusesLast(
  model: TaskModel,
  inputs: readonly unknown[],
  options: object = {},
): Promise<void> {
  assert.equal(
    (await model.predict(inputs, options, undefined, true)).length,
    inputs.length,
    "it may be cut",
  );
  assert.equal(
    (await model.predict(inputs.slice(0, -1), options, undefined, false)).length,
    inputs.length - 1,
  );
  const { infer } = model;
  model.infer = () => Promise.reject(new Error("computed before it was refused"));
  await assert.rejects(model.predict(inputs, options, undefined, false), {
    ...{ code: "ERR_DATA", option: "truncate" },
    message: `inputs.${inputs.length - 1} has more tokens than the model reads: shorten it, or set truncate to true`,
  });
  model.infer = infer;
}

test("a text that may not be cut is refused before anything is computed, by its number", async () => {
  const classifier = await load(goldenPath("tiny-bert"));
  await refusesLast(classifier, ["a film", ["a film", "it was good"], ["a film", LONG]]);
  await assert.rejects(classifier.features.embed(["a film", LONG], {}, undefined, false), {
    option: "truncate",
    message: /^inputs\.1 has more tokens/,
  });
  assert.equal((await classifier.features.embed([LONG], { longTexts: "mean" }, undefined, false)).length, 1);
});

test("so is one of several choices, or a question, of which an input has several sequences", async () => {
  const input = (choice: string) => ({ context: "the film", choices: ["was good", choice] });
  await refusesLast(choosing, [input("was bad"), input("was slow"), input(LONG)]);
  const context = `${LONG} the cast was bad .`;
  const asked = (question: string) => ({ question, context });
  const short = join(temporaryDirectory(), "questions");
  cpSync(goldenPath("tiny-bert-questions"), short, { recursive: true });
  const config = JSON.parse(readFileSync(join(short, "config.json"), "utf8"));
  writeFileSync(join(short, "config.json"), JSON.stringify({ ...config, max_question_length: 12 }));
  await refusesLast(await load(short), [asked("what was bad ?"), asked(LONG)], { nBest: 0 });
});
