import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../lib/checkpoint/checkpoint.js";
import { newHeadNotice } from "../../lib/fine-tuning/new-head.js";
import { type FineTuneEvent, fineTune } from "../../lib/index.js";
import { headOf } from "../../lib/tasks/heads.js";
import { rowsOf, TINY, tinyRun } from "../session/support.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** A copy of the tiny model, whose labels are negative, neutral and positive, with other fields in its config.json. */
function changed(fields: object): string {
  const folder = join(temporaryDirectory(), "model");
  cpSync(TINY, folder, { recursive: true });
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), ...fields }));
  return folder;
}

async function noticed(labels: string[], model = TINY): Promise<string[]> {
  return newHeadNotice(await headOf("classification"), "classification", await openCheckpoint(model), {
    labels,
  });
}

test("that a model's own layer is not learned on is told where its labels are the same, but in another order", async () => {
  assert.deepEqual(await noticed(["negative", "neutral", "positive"]), []);
  assert.deepEqual(await noticed(["positive", "neutral", "negative"]), [
    'the model\'s own layer for the labels "negative", "neutral", "positive" is not learned on, and a new one begins, as their order is ' +
      '"positive", "neutral", "negative" here (the option labels keeps it, with the model\'s in their own order)',
  ]);
  assert.deepEqual(await noticed(["negative", "positive"]), []);
  const encoder = changed({ architectures: ["BertModel"] });
  assert.deepEqual(await noticed(["positive", "neutral", "negative"], encoder), []);
});

test("a run tells it", async () => {
  const swapped = changed({ id2label: { 0: "positive", 1: "neutral", 2: "negative" } });
  const train = [...rowsOf(7), { text: "a film", label: "neutral" }];
  const notices = async (labels?: string[]) => {
    const messages: string[] = [];
    const onProgress = (event: FineTuneEvent) => event.type === "notice" && messages.push(event.message);
    await using _ = await fineTune({ ...tinyRun, model: swapped, train, epochs: 1, labels, onProgress });
    return messages.filter((message) => message.startsWith("the model's own layer"));
  };
  assert.equal((await notices()).length, 1);
  assert.deepEqual(await notices(["positive", "neutral", "negative"]), []);
});

test("a regression is learned on, whatever its one output is called", async () => {
  const head = await headOf("regression");
  for (const id2label of [{ 0: "LABEL_0" }, { 0: "similarity" }]) {
    const checkpoint = await openCheckpoint(changed({ id2label, problem_type: "regression" }));
    assert.ok(head.continues(checkpoint, { labels: [] }), JSON.stringify(id2label));
  }
  assert.ok(!head.continues(await openCheckpoint(TINY), { labels: [] }));
});
