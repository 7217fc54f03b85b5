import "../support/one-thread.js";

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { familyOf } from "../../lib/models/families/find-family.js";
import { MaskedWordHead } from "../../lib/models/heads/masked-word-head.js";
import type { TokenHead } from "../../lib/models/heads/token-head.js";
import type { ConfigJson } from "../../lib/models/model-config.js";
import type { PackableSequence } from "../../lib/models/packing.js";
import { loadSaved } from "../../lib/session/load-saved.js";
import { GoldenTensors, goldenPath, inputOf } from "../support/golden.js";
import { assertClose, relativeError } from "../support/tolerance.js";
import { alteredModel, configOf, storedGolden, storedWave } from "./altered-model.js";
import { exported, ofTokens, runOnnx } from "./run-onnx.js";

// Float32 of other kernels through two layers; values reach 10.
const TOLERANCE = { absolute: 1e-4 };

/** The outputs of an exported model for the sequences of a golden file. */
async function outputsOf(
  folder: string,
  golden: GoldenTensors,
  { prefix = "", choices }: { prefix?: string; choices?: number } = {},
) {
  const sequences = golden.sequences(prefix);
  const lengths = new Set(sequences.map(({ inputIds }) => inputIds.length));
  assert.ok(lengths.size > 1, "some sequences are padded");
  const file = join(await exported(folder), "onnx/model.onnx");
  const paddingId = Number(configOf(folder).pad_token_id);
  return { sequences, outputs: await runOnnx(file, { sequences, paddingId, choices }) };
}

/** The same model without its head. */
function encoderOf(folder: string): string {
  const { encoderArchitecture } = familyOf(configOf(goldenPath(folder)), folder);
  return alteredModel(folder, { architectures: [encoderArchitecture] });
}

for (const [folder, golden] of [
  ["tiny-bert", "tiny_forward"],
  ["families/tiny-bert-unigram", "families/tiny-bert-unigram_forward"],
  ["families/tiny-distilbert", "families/tiny-distilbert_forward"],
  ["families/tiny-roberta", "families/tiny-roberta_forward"],
  ["families/tiny-xlm-roberta", "families/tiny-xlm-roberta_forward"],
  ["families/tiny-camembert", "families/tiny-camembert_forward"],
  ["families/tiny-electra", "families/tiny-electra_forward"],
  ["families/tiny-electra-wide", "families/tiny-electra-wide_forward"],
] as const)
  test(`${folder}: onnxruntime gives transformers' logits of texts, and hidden states without the head`, async () => {
    const tensors = new GoldenTensors(`${golden}.safetensors`);
    const { outputs } = await outputsOf(goldenPath(folder), tensors);
    assert.deepEqual(outputs.logits!.shape, [8, 3]);
    assertClose(outputs.logits!.values, tensors.values("logits"), TOLERANCE);

    const encoder = await outputsOf(encoderOf(folder), tensors);
    assert.deepEqual(Object.keys(encoder.outputs), ["last_hidden_state"]);
    const hidden = ofTokens(encoder.outputs.last_hidden_state!, encoder.sequences);
    assertClose(hidden, tensors.values("hidden_states.2"), TOLERANCE);
  });

for (const [folder, golden] of [
  ["tiny-bert-tokens", "token_classification_forward"],
  ["families/tiny-distilbert-ner", "families/tiny-distilbert-ner"],
  ["families/tiny-roberta-ner", "families/tiny-roberta-ner"],
  ["families/tiny-xlm-roberta-ner", "families/tiny-xlm-roberta-ner"],
  ["families/tiny-camembert-ner", "families/tiny-camembert-ner"],
  ["families/tiny-electra-ner", "families/tiny-electra-ner"],
] as const)
  test(`${folder}: onnxruntime gives transformers' logits of tags`, async () => {
    const tensors = new GoldenTensors(`${golden}.safetensors`);
    const { outputs, sequences } = await outputsOf(goldenPath(folder), tensors);
    assert.equal(outputs.logits!.shape[2], 5);
    assertClose(ofTokens(outputs.logits!, sequences), tensors.values("logits"), TOLERANCE);
  });

for (const [folder, golden, prefix] of [
  ["tiny-bert-questions", "question_answering_forward", "varied."],
  ["families/tiny-distilbert-qa", "families/tiny-distilbert-qa", ""],
  ["families/tiny-roberta-qa", "families/tiny-roberta-qa", ""],
  ["families/tiny-electra-qa", "families/tiny-electra-qa", ""],
] as const)
  test(`${folder}: onnxruntime gives transformers' logits of an answer's start and end`, async () => {
    const tensors = new GoldenTensors(`${golden}.safetensors`);
    const { outputs, sequences } = await outputsOf(goldenPath(folder), tensors, { prefix });
    assert.deepEqual(Object.keys(outputs), ["start_logits", "end_logits"]);
    const logits = tensors.values(`${prefix}logits`); // [T, 2]
    for (const [place, name] of ["start_logits", "end_logits"].entries()) {
      const own = logits.filter((_, index) => index % 2 === place);
      assertClose(ofTokens(outputs[name]!, sequences), own, TOLERANCE, name);
    }
  });

for (const [folder, golden, prefix] of [
  ["tiny-bert-pretraining", "masked_lm", "forward."],
  ["families/tiny-distilbert-mlm", "families/tiny-distilbert-mlm", ""],
  ["families/tiny-roberta-mlm", "families/tiny-roberta-mlm", ""],
  ["families/tiny-camembert-mlm", "families/tiny-camembert-mlm", ""],
  ["families/tiny-electra-mlm", "families/tiny-electra-mlm", ""],
] as const)
  test(`${folder}: onnxruntime gives transformers' logits of masked words`, async () => {
    const tensors = new GoldenTensors(`${golden}.safetensors`);
    const { outputs, sequences } = await outputsOf(goldenPath(folder), tensors, { prefix });
    const [, , words] = outputs.logits!.shape as [number, number, number];
    const all = ofTokens(outputs.logits!, sequences);
    const positions = [...tensors.values(`${prefix}masked_positions`)];
    const masked = positions.flatMap((token) => [...all.subarray(token * words, (token + 1) * words)]);
    assertClose(masked, tensors.values(`${prefix}logits`), TOLERANCE);
  });

/** The tiny encoder with the classifier that a golden file brings. */
function withClassifier(golden: GoldenTensors, prefix: string, fields: ConfigJson): string {
  return alteredModel("tiny-bert", { ...fields, id2label: undefined }, (tensors) => {
    for (const name of ["weight", "bias"])
      tensors.set(`classifier.${name}`, storedGolden(golden, `${prefix}classifier.${name}`));
  });
}

for (const [task, problem, labels] of [
  ["multi_label", "multi_label_classification", 4],
  ["regression", "regression", 1],
] as const)
  test(`${task}: onnxruntime gives transformers' logits`, async () => {
    const golden = new GoldenTensors("sequence_heads.safetensors");
    const folder = withClassifier(golden, `${task}.`, { problem_type: problem, num_labels: labels });
    const batches = new GoldenTensors("tiny_training.safetensors");
    const { outputs } = await outputsOf(folder, batches, { prefix: "batch.0." });
    assert.deepEqual(outputs.logits!.shape, [8, labels]);
    assertClose(outputs.logits!.values, golden.values(`${task}.logits`), TOLERANCE);
  });

test("multiple choice: onnxruntime takes an item's choices side by side and gives transformers' logits", async () => {
  const golden = new GoldenTensors("multiple_choice.safetensors");
  const folder = withClassifier(golden, "", { architectures: ["BertForMultipleChoice"] });
  const { outputs } = await outputsOf(folder, golden, { prefix: "forward.", choices: 4 });
  assert.deepEqual(outputs.logits!.shape, [6, 4]);
  assertClose(outputs.logits!.values, golden.values("forward.logits"), TOLERANCE);
});

test("families/tiny-electra-choice: onnxruntime gives transformers' logits of choices", async () => {
  const golden = new GoldenTensors("families/tiny-electra-choice.safetensors");
  const { outputs } = await outputsOf(goldenPath("families/tiny-electra-choice"), golden, { choices: 2 });
  assertClose(outputs.logits!.values, golden.values("logits"), TOLERANCE);
});

/** Logits of every token, as libbert's own network gives them. */
async function ownLogits(folder: string, sequences: readonly PackableSequence[]): Promise<Float64Array> {
  const saved = await loadSaved(folder, { device: "cpu", dtype: "float32" });
  assert.ok(saved.kind !== "features");
  saved.model.train(false);
  const { encoder, head } = saved.model.network;
  const input = inputOf(sequences);
  const encoded = encoder.forward(input);
  const logits =
    head instanceof MaskedWordHead
      ? head.forward(encoded.lastHiddenState, encoder)
      : (head as TokenHead).forward(encoded, input);
  return logits.toArray();
}

test("a tagger that sees the last four layers is exported with all of them", async () => {
  const fields = { num_hidden_layers: 4, token_classification: { features: "concat-last-four" } };
  const folder = alteredModel("tiny-bert-tokens", fields, (tensors) => {
    for (const [name, stored] of [...tensors]) {
      const layer = /^(bert\.encoder\.layer\.)([01])(\..*)$/.exec(name);
      if (layer) tensors.set(`${layer[1]}${Number(layer[2]) + 2}${layer[3]}`, stored);
    }
    tensors.set("classifier.weight", storedWave(5, 128));
  });
  const golden = new GoldenTensors("token_classification_forward.safetensors");
  const { outputs, sequences } = await outputsOf(folder, golden);
  assertClose(ofTokens(outputs.logits!, sequences), await ownLogits(folder, sequences), TOLERANCE);
});

test("a masked-word head with a decoder of its own is exported with it, in integers, too", async () => {
  const fields = { architectures: ["BertForMaskedLM"], tie_word_embeddings: false };
  const folder = alteredModel("tiny-bert-pretraining", fields, (tensors) => {
    tensors.set("cls.predictions.decoder.weight", storedWave(114, 32));
    tensors.set("cls.predictions.decoder.bias", storedWave(114));
  });
  const golden = new GoldenTensors("masked_lm.safetensors");
  const { outputs, sequences } = await outputsOf(folder, golden, { prefix: "forward." });
  const own = await ownLogits(folder, sequences);
  assertClose(ofTokens(outputs.logits!, sequences), own, TOLERANCE);
  const file = join(await exported(folder, "q8"), "onnx/model_quantized.onnx");
  const { logits } = await runOnnx(file, { sequences, paddingId: 0 });
  assert.ok(relativeError(ofTokens(logits!, sequences), own) < 0.03);
});
