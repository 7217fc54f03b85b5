import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import { textVectorOptions } from "../../lib/cli/text-vectors.js";
import { LibbertError, loadModel } from "../../lib/index.js";
import { parseOptions } from "../../lib/options/parse-options.js";
import { prepareOptions } from "../../lib/options/prepare-options.js";
import { vocabularyOptions } from "../../lib/options/vocabulary-options.js";
import { phaseOptions, pretrainOptions } from "../../lib/pre-training/options.js";
import { ablationCall } from "../../lib/session/ablate.js";
import { fillMaskCall } from "../../lib/session/fill-mask.js";
import { findLearningRateCall } from "../../lib/session/find-learning-rate.js";
import { fineTuneCall } from "../../lib/session/fine-tune.js";
import { searchCall } from "../../lib/session/search-call.js";
import { CheckpointWeights, readConfig, TextTokenizer, writeModel } from "../../lib/torch.js";

/** What options that take paths are called, in all calls and commands. */
const PATHS = "model train validation data dataDir input output outputDir vocab continueFrom".split(" ");

const schemas: readonly z.ZodObject[] = [
  ...[fineTuneCall, searchCall, findLearningRateCall].flatMap(({ options }) => options),
  ...[pretrainOptions, phaseOptions, prepareOptions, vocabularyOptions, fillMaskCall, ablationCall],
  textVectorOptions,
];

const PATH = "a\0b";
const SHOWN = '"a\\u0000b"';

test("a path with a null byte is refused by its option's name, in every call", () => {
  const found = new Set<string>();
  for (const { shape } of schemas) {
    for (const name of PATHS.filter((path) => path in shape)) {
      const isList = name === "input" && shape !== textVectorOptions.shape;
      const refused = { option: isList ? "input.0" : name, code: "ERR_OPTION" };
      const message = `Expected a path without null bytes for ${refused.option} but received ${SHOWN}`;
      const only = textVectorOptions.pick({}).extend({ [name]: shape[name]! });
      assert.throws(() => parseOptions(only, { [name]: isList ? [PATH] : PATH }), { ...refused, message });
      found.add(name);
    }
  }
  assert.deepEqual(
    PATHS.filter((name) => !found.has(name)),
    ["dataDir"], // of the command line alone
  );
});

test("a path with a null byte is refused where it is an argument", async () => {
  const refusedFor = (name: string) => (error: unknown) => {
    assert.ok(error instanceof LibbertError);
    assert.equal(error.message, `Expected a path without null bytes for ${name} but received ${SHOWN}`);
    return true;
  };
  const refused = refusedFor("directory");
  assert.throws(() => readConfig(PATH), refused);
  assert.throws(() => new CheckpointWeights(PATH), refused);
  assert.throws(() => writeModel(PATH, {}, new Map()), refused);
  await assert.rejects(TextTokenizer.load(PATH), refused);
  await assert.rejects(
    TextTokenizer.fromVocab(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]).save(PATH),
    refused,
  );
  await assert.rejects(loadModel(PATH), refusedFor("model"));
});
