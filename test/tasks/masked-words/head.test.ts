import "../../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoint } from "../../../lib/checkpoint/checkpoint.js";
import { savedModel } from "../../../lib/tasks/build-model.js";
import { taskOf } from "../../../lib/tasks/find-spec.js";
import { headOf } from "../../../lib/tasks/heads.js";
import type { MaskPrediction } from "../../../lib/tasks/masked-words/prediction.js";
import { chooseCompute } from "../../../lib/tensor/compute.js";
import { temporaryFolder } from "../../runtime/fakes.js";
import { DEVICE } from "../../support/device.js";
import { goldenJson, goldenPath } from "../../support/golden.js";
import { assertClose } from "../../support/tolerance.js";

const head = await headOf("masked-words");
const compute = chooseCompute({ device: DEVICE, dtype: "float32" });

type Golden = { texts: string[]; top: { id: number; piece: string; score: number }[][] };

for (const name of ["tiny-roberta-mlm", "tiny-distilbert-mlm"]) {
  test(`${name}: the tokens at the masks and their probabilities are those of transformers`, async () => {
    const checkpoint = await openCheckpoint(goldenPath(`families/${name}`));
    assert.equal(taskOf(checkpoint), "masked-words");
    const model = savedModel(head, checkpoint, compute);
    const { texts, top } = goldenJson<Golden>(`families/${name}.json`);
    const predictions = ((await model.predict(texts, { topK: 5 })) as MaskPrediction[][][]).flat();
    model.dispose();
    assert.deepEqual(
      predictions.map((mask) => mask.map(({ token }) => token)),
      top.map((mask) => mask.map(({ piece }) => piece)),
    );
    const scoresOf = (masks: { score: number }[][]) => masks.flat().map(({ score }) => score);
    // Rounding of float32, in another order of additions.
    assertClose(scoresOf(predictions), scoresOf(top), { absolute: 1e-6 });
  });
}

test("evaluation masks the same words every time, in as many texts as there are", async () => {
  const model = savedModel(head, await openCheckpoint(goldenPath("families/tiny-roberta-mlm")), compute);
  const texts = Array.from({ length: 20 }, (_, row) => ({ text: "Anna saw the film in Paris ".repeat(row) }));
  const evaluate = async () => model.evaluate(await model.read(texts, { name: "rows" }));
  const { perplexity, loss, maskedWords, ...counts } = (await evaluate()) as unknown as Record<
    string,
    number
  >;
  assert.deepEqual([counts.rows, counts.emptyTexts], [20, 1]);
  assert.ok(maskedWords! > 100);
  assert.equal(perplexity, Math.exp(loss!));
  assert.deepEqual(await evaluate(), { perplexity, loss, maskedWords, ...counts });
  model.dispose();
});

test("a run of a checkpoint without the head says that it gets a new one", async () => {
  const noticesOf = async (name: string) => {
    const notices: string[] = [];
    await head.prepare({
      checkpoint: await openCheckpoint(goldenPath(name)),
      maxSeqLength: 16,
      options: {},
      isEncoderFrozen: false,
      isGroupedByLength: false,
      train: [{ text: "a good film" }],
      notify: (message) => void notices.push(message),
    });
    return notices;
  };
  const notice = "the checkpoint has no masked-word head: it gets a new one";
  for (const name of ["tiny-bert", "families/tiny-roberta", "families/tiny-distilbert"])
    assert.deepEqual(await noticesOf(name), [notice], name);
  for (const name of ["tiny-bert-pretraining", "families/tiny-roberta-mlm", "families/tiny-distilbert-mlm"])
    assert.deepEqual(await noticesOf(name), [], name);
});

test("a model that predicts the next word is none of this task", async (t) => {
  const directory = join(temporaryFolder(t), "causal");
  cpSync(goldenPath("tiny-bert-pretraining"), directory, { recursive: true });
  const path = join(directory, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...config, architectures: ["BertLMHeadModel"], is_decoder: true }));
  const checkpoint = await openCheckpoint(directory);
  assert.equal(taskOf(checkpoint), null);
});
