import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { changedFiles } from "../../lib/checkpoint/files-beside.js";
import { storedLabels } from "../../lib/checkpoint/labels.js";
import { readConfig, writeModel } from "../../lib/checkpoint/model-directory.js";
import { readSentenceFiles } from "../../lib/checkpoint/sentence/files.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { LibbertError } from "../../lib/errors.js";
import { SafetensorsReader, writeSafetensors } from "../../lib/files/safetensors.js";
import { parseHeader } from "../../lib/files/safetensors-header.js";
import { parseModelConfig } from "../../lib/models/model-config.js";
import { taskOf } from "../../lib/tasks/find-spec.js";
import { goldenPath } from "../support/golden.js";
import { temporaryDirectory } from "../support/temporary-directory.js";
import { drawFaults, drawFaultsInFile } from "./drawn-faults.js";
import { tries } from "./tries.js";

const NUMBERS = Float32Array.from({ length: 12 }, (_, index) => index);
const tensorsOf = (names: readonly string[]) =>
  new Map(
    names.map((name) => [
      name,
      { dtype: "float32" as const, shape: [3, 4], bytes: () => new Uint8Array(NUMBERS.buffer) },
    ]),
  );

test("weights that libbert wrote, with faults anywhere: an error, or every tensor is what was written", () => {
  const path = join(temporaryDirectory(), "model.safetensors");
  writeSafetensors(path, tensorsOf(["a", "b"]));
  drawFaultsInFile(tries(150, 50_000), path, () => {
    using reader = new SafetensorsReader(path);
    for (const [name, { dtype, shape }] of reader.tensors) {
      const bytes = reader.read(name);
      const isOwn = name === "a" || name === "b"; // another name is missed when it is loaded
      const { libbert_crc32: checksums } = reader.metadata; // without its name they are not found: but then nothing else is hurt
      if (isOwn && checksums !== undefined && dtype === "float32" && String(shape) === "3,4")
        assert.deepEqual(new Float32Array(bytes.buffer), NUMBERS);
    }
  });
});

test("a single bit that flips in weights that libbert wrote is found, or hurts nothing", () => {
  const path = join(temporaryDirectory(), "model.safetensors");
  writeSafetensors(path, tensorsOf(["a", "b"]));
  const whole = readFileSync(path);
  for (let bit = 0; bit < 8 * whole.length; bit += tries(31, 1)) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    writeFileSync(path, flipped);
    try {
      using reader = new SafetensorsReader(path);
      if (String([...reader.tensors.keys()]) !== "a,b") continue; // the names of config.json's model are missed
      for (const [name, { dtype, shape }] of reader.tensors) {
        const values = new Float32Array(reader.read(name).buffer);
        assert.deepEqual([dtype, shape, values], ["float32", [3, 4], NUMBERS], `bit ${bit}`);
      }
    } catch (error) {
      assert.ok(error instanceof LibbertError, `bit ${bit}: ${(error as Error).stack}`);
    }
  }
});

test("a single bit that flips in a file that was saved beside weights is named", () => {
  const folder = temporaryDirectory();
  const tiny = goldenPath("tiny-bert");
  const others = ["tokenizer.json", "tokenizer_config.json", "vocab.txt", "modules.json"];
  for (const name of others.slice(0, 3)) cpSync(join(tiny, name), join(folder, name));
  writeFileSync(
    join(folder, "modules.json"),
    '[{"path": "", "type": "sentence_transformers.models.Transformer"}]',
  );
  writeModel(folder, readConfig(tiny).json, new Map(), others);
  using weights = new CheckpointWeights(folder);
  assert.equal(changedFiles(weights), undefined);
  for (const name of ["config.json", ...others]) {
    const path = join(folder, name);
    const whole = readFileSync(path);
    for (let bit = 0; bit < 8 * whole.length; bit += tries(211, 1)) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(path, flipped);
      assert.ok(changedFiles(weights)?.includes(`: ${name};`), `bit ${bit} of ${name}`);
    }
    writeFileSync(path, whole);
  }
});

test("headers with faults: an error, or tensors of whole numbers", () => {
  const header = JSON.stringify({
    __metadata__: { format: "pt" },
    a: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    b: { dtype: "I64", shape: [], data_offsets: [16, 24] },
    c: { dtype: "BF16", shape: [0, 7], data_offsets: [24, 24] },
  });
  const fail = (why: string) => {
    throw new LibbertError("ERR_CHECKPOINT", why);
  };
  drawFaults(tries(1000, 1_000_000), Buffer.from(header), (content) => {
    for (const { shape, start, end } of parseHeader(content, fail).entries.values())
      for (const size of [...shape, start, end]) assert.ok(Number.isInteger(size) && size >= 0);
  });
});

test("config.json with faults: an error in our words, or a configuration whose sizes are whole numbers", () => {
  drawFaults(tries(1000, 1_000_000), readFileSync(goldenPath("tiny-bert/config.json")), (content) => {
    const config = parseModelConfig(jsonOf(content), "config.json");
    assert.ok(Number.isInteger(config.encoder.hiddenSize / config.encoder.numAttentionHeads));
    taskOf(config);
    storedLabels(config);
  });
});

function jsonOf(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined; // a test of its own says that this is an error
  }
}

test("an index of shards with faults: an error, or all tensors from the files that it names", () => {
  const folder = temporaryDirectory();
  cpSync(goldenPath("tiny-bert-sharded"), folder, { recursive: true });
  const names = (() => {
    using weights = new CheckpointWeights(folder);
    return weights.names();
  })();
  drawFaultsInFile(tries(80, 20_000), join(folder, "model.safetensors.index.json"), () => {
    using weights = new CheckpointWeights(folder);
    for (const name of weights.names()) assert.ok(names.includes(name));
  });
});

test("files of sentence-transformers with faults: errors, refusals, or a model", () => {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, "1_Pooling"));
  const files = {
    "modules.json": [
      { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
      { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
    ],
    "1_Pooling/config.json": {
      word_embedding_dimension: 32,
      pooling_mode_cls_token: true,
      include_prompt: true,
    },
    "sentence_bert_config.json": { max_seq_length: 16, do_lower_case: false },
    "config_sentence_transformers.json": { prompts: { query: "q: " }, default_prompt_name: "query" },
  };
  for (const [name, json] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(json));
  for (const name of Object.keys(files))
    drawFaultsInFile(tries(25, 20_000), join(folder, name), () => readSentenceFiles(folder));
});
