import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BertTokenizer } from "../../lib/tokenizer/bert-tokenizer.js";

const PYTHON = process.env.LIBBERT_REFERENCE_PYTHON;
const MINILM = "../shared/data/models/all-minilm-l6-v2";
const golden = JSON.parse(readFileSync("test/golden/data/tokenizer.json", "utf8"));
const texts: string[] = golden.uncased.cases.map((example: { text: string }) => example.text);

const ENCODE_IN_PYTHON = `
import json, sys
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
print(json.dumps({"size": len(tokenizer), "ids": tokenizer(json.load(sys.stdin))["input_ids"]}))
`;

/** Whether Python's AutoTokenizer makes of the saved directory what `tokenizer` is. */
async function assertPythonAgrees(tokenizer: BertTokenizer): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "libbert-tokenizer-"));
  try {
    await tokenizer.save(directory);
    const output = execFileSync(PYTHON!, ["-c", ENCODE_IN_PYTHON, directory], {
      input: JSON.stringify(texts),
      env: { ...process.env, HF_HUB_OFFLINE: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ours = await tokenizer.encodeBatch(texts);
    assert.deepEqual(JSON.parse(output.toString()), {
      size: tokenizer.vocabSize,
      ids: ours.map(({ inputIds }) => [...inputIds]),
    });
  } finally {
    await rm(directory, { recursive: true });
  }
}

const skip = PYTHON ? false : "LIBBERT_REFERENCE_PYTHON names no Python that has transformers";

test("Python's AutoTokenizer loads the tokenizers that libbert saves", { skip }, async () => {
  for (const casing of ["cased", "uncased"]) {
    const lowercase = casing === "uncased";
    await assertPythonAgrees(BertTokenizer.fromVocab(golden[casing].pieces, { lowercase }));
  }
});

test("Python's AutoTokenizer loads MiniLM's tokenizer as libbert saves it", {
  skip: skip || (existsSync(MINILM) ? false : `${MINILM} is not there`),
}, async () => {
  await assertPythonAgrees(await BertTokenizer.load(MINILM));
});
