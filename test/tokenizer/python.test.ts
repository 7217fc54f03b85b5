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

const SPLIT_IN_PYTHON = `
import json, sys
from transformers import AutoTokenizer
texts = json.load(sys.stdin)
whole = AutoTokenizer.from_pretrained(sys.argv[1])
split = AutoTokenizer.from_pretrained(sys.argv[1], split_special_tokens=True)
ids = {"whole": whole(texts)["input_ids"], "split": split(texts, add_special_tokens=False)["input_ids"]}
print(json.dumps({"special": whole.all_special_tokens, "ids": ids}))
`;

const SPECIAL_TEXTS = [
  "a [USER] said <id>[USER]",
  "the [MASK] of [SEP][CLS], [UNK] [PAD] and [mask]",
  "[[SEP]]",
];

/** What a Python program that loads the saved tokenizer makes of the texts. */
async function inPython(tokenizer: BertTokenizer, program: string, input: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), "libbert-tokenizer-"));
  try {
    await tokenizer.save(directory);
    const output = execFileSync(PYTHON!, ["-c", program, directory], {
      input: JSON.stringify(input),
      env: { ...process.env, HF_HUB_OFFLINE: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    return JSON.parse(output.toString());
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Whether Python's AutoTokenizer makes of the saved directory what `tokenizer` is. */
async function assertPythonAgrees(tokenizer: BertTokenizer): Promise<void> {
  const ours = await tokenizer.encodeBatch(texts);
  assert.deepEqual(await inPython(tokenizer, ENCODE_IN_PYTHON, texts), {
    size: tokenizer.vocabSize,
    ids: ours.map(({ inputIds }) => [...inputIds]),
  });
}

const skip = PYTHON ? false : "LIBBERT_REFERENCE_PYTHON names no Python that has transformers";

test("Python's AutoTokenizer loads the tokenizers that libbert saves", { skip }, async () => {
  for (const casing of ["cased", "uncased"]) {
    const lowercase = casing === "uncased";
    await assertPythonAgrees(BertTokenizer.fromVocab(golden[casing].pieces, { lowercase }));
  }
});

test("Python's AutoTokenizer keeps the special tokens whole that libbert saves beside BERT's", {
  skip,
}, async () => {
  const pieces = [...golden.uncased.pieces, "[USER]", "<id>"];
  const tokenizer = BertTokenizer.fromVocab(pieces, { specialTokens: ["[USER]", "<id>"] });
  const { special, ids } = await inPython(tokenizer, SPLIT_IN_PYTHON, SPECIAL_TEXTS);
  assert.deepEqual(special.sort(), [...tokenizer.specialTokens].sort());
  const ours = await tokenizer.encodeBatch(SPECIAL_TEXTS);
  assert.deepEqual(
    ids.whole,
    ours.map(({ inputIds }) => [...inputIds]),
  );
  assert.ok(ids.whole[0].includes(tokenizer.tokenToId("<id>")));
});

test("encodeAsText gives the ids of transformers with split_special_tokens", { skip }, async () => {
  const tokenizer = BertTokenizer.fromVocab(golden.uncased.pieces);
  const all = [...SPECIAL_TEXTS, ...texts];
  const { ids } = await inPython(tokenizer, SPLIT_IN_PYTHON, all);
  const ours = await tokenizer.encodeAsText(all);
  assert.deepEqual(
    ids.split,
    ours.map((text) => [...text]),
  );
  assert.notDeepEqual(ids.split[1], ids.whole[1].slice(1, -1));
});

test("Python's AutoTokenizer loads MiniLM's tokenizer as libbert saves it", {
  skip: skip || (existsSync(MINILM) ? false : `${MINILM} is not there`),
}, async () => {
  await assertPythonAgrees(await BertTokenizer.load(MINILM));
});
