import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BERT_LAYOUT, ROBERTA_LAYOUT, type TextLayout } from "../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { inPython, withoutPython as skip } from "../support/python.js";

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

const DESCRIBE_IN_PYTHON = `
import json, sys
from transformers import AutoTokenizer

def described(directory, inputs):
    tokenizer = AutoTokenizer.from_pretrained(directory)
    encodings = [tokenizer(*texts, return_offsets_mapping=True) for texts in inputs]
    return {
        "class": type(tokenizer).__name__,
        "special": tokenizer.special_tokens_map,
        "size": len(tokenizer),
        "encodings": [
            {
                "ids": encoding["input_ids"],
                "types": encoding.get("token_type_ids", [0] * len(encoding["input_ids"])),
                "offsets": encoding["offset_mapping"],
            }
            for encoding in encodings
        ],
    }

print(json.dumps([described(*one) for one in json.load(sys.stdin)]))
`;

const SPECIAL_TEXTS = [
  "a [USER] said <id>[USER]",
  "the [MASK] of [SEP][CLS], [UNK] [PAD] and [mask]",
  "[[SEP]]",
];

/** What a Python program that loads the saved tokenizer makes of the texts. */
async function ofSaved(tokenizer: TextTokenizer, program: string, input: readonly string[]) {
  const directory = await mkdtemp(join(tmpdir(), "libbert-tokenizer-"));
  try {
    await tokenizer.save(directory);
    return await printed(program, input, directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function printed(program: string, input: unknown, ...args: string[]) {
  // biome-ignore lint/suspicious/noExplicitAny: each program prints something else
  const [value] = await inPython<any>(program, args, input);
  return value;
}

/** Whether Python's AutoTokenizer makes of the saved directory what `tokenizer` is. */
async function assertPythonAgrees(tokenizer: TextTokenizer): Promise<void> {
  const ours = await tokenizer.encodeBatch(texts);
  assert.deepEqual(await ofSaved(tokenizer, ENCODE_IN_PYTHON, texts), {
    size: tokenizer.vocabSize,
    ids: ours.map(({ inputIds }) => [...inputIds]),
  });
}

test("Python's AutoTokenizer loads the tokenizers that libbert saves", { skip }, async () => {
  for (const casing of ["cased", "uncased"]) {
    const lowercase = casing === "uncased";
    await assertPythonAgrees(TextTokenizer.fromVocab(golden[casing].pieces, { lowercase }));
  }
});

test("Python's AutoTokenizer keeps the special tokens whole that libbert saves beside BERT's", {
  skip,
}, async () => {
  const pieces = [...golden.uncased.pieces, "[USER]", "<id>"];
  const tokenizer = TextTokenizer.fromVocab(pieces, { specialTokens: ["[USER]", "<id>"] });
  const { special, ids } = await ofSaved(tokenizer, SPLIT_IN_PYTHON, SPECIAL_TEXTS);
  assert.deepEqual(special.sort(), [...tokenizer.specialTokens].sort());
  const ours = await tokenizer.encodeBatch(SPECIAL_TEXTS);
  assert.deepEqual(
    ids.whole,
    ours.map(({ inputIds }) => [...inputIds]),
  );
  assert.ok(ids.whole[0].includes(tokenizer.tokenToId("<id>")));
});

test("encodeAsText gives the ids of transformers with split_special_tokens", { skip }, async () => {
  const tokenizer = TextTokenizer.fromVocab(golden.uncased.pieces);
  const all = [...SPECIAL_TEXTS, ...texts];
  const { ids } = await ofSaved(tokenizer, SPLIT_IN_PYTHON, all);
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
  await assertPythonAgrees(await TextTokenizer.load(MINILM));
});

type Texts = [text: string, pair?: string];

interface Described {
  class: string;
  special: Record<string, string>;
  size: number;
  encodings: { ids: number[]; types: number[]; offsets: [number, number][] }[];
}

const kinds: Record<string, { text: string; pair?: string; maxLength?: number }[]> = JSON.parse(
  readFileSync("test/golden/data/tokenizer_kinds.json", "utf8"),
);
const directoryOf = (name: string) => join("test/golden/data/tokenizers", name);
const textsOf = (name: string): Texts[] =>
  kinds[name]!.filter(({ maxLength }) => maxLength === undefined).map(({ text, pair }) =>
    pair === undefined ? [text] : [text, pair],
  );

/** Compares what libbert and Python make of the texts; offsets where both count alike, in texts without emoji. */
async function assertSame(tokenizer: TextTokenizer, python: Described, texts: Texts[]): Promise<void> {
  assert.equal(python.size, tokenizer.vocabSize);
  assert.equal(python.special.mask_token, tokenizer.maskToken);
  for (const [index, [text, pair]] of texts.entries()) {
    const { inputIds, tokenTypeIds, offsets } = await tokenizer.encode(text, pair);
    const { ids, types, offsets: spans } = python.encodings[index]!;
    assert.deepEqual({ ids: [...inputIds], types: [...tokenTypeIds] }, { ids, types }, text);
    if (!/[\ud800-\udfff]/.test(text + pair)) assert.deepEqual(offsets, spans, text);
  }
}

test("Python's AutoTokenizer loads tokenizers of every kind as before libbert saved them", {
  skip,
}, async (t) => {
  const names = Object.keys(kinds).filter((name) => name !== "versions");
  const tokenizers = await Promise.all(names.map((name) => TextTokenizer.load(directoryOf(name))));
  const saved = names.map(() => temporaryFolder(t));
  for (const [index, tokenizer] of tokenizers.entries()) await tokenizer.save(saved[index]!);

  const before = names.map((name) => [directoryOf(name), textsOf(name)]);
  const after = names.map((name, index) => [saved[index], textsOf(name)]);
  const described: Described[] = await printed(DESCRIBE_IN_PYTHON, [...before, ...after]);
  assert.equal(names.length, 4);
  for (const [index, name] of names.entries()) {
    const python: Described = described[names.length + index]!;
    assert.deepEqual(python, described[index], name);
    await assertSame(tokenizers[index]!, python, textsOf(name));
  }
});

const CHANGED: [name: string, json: object, config: object, layout: TextLayout][] = [
  ["byte-level-bpe", {}, {}, ROBERTA_LAYOUT],
  ["unigram", { post_processor: null }, {}, ROBERTA_LAYOUT],
  ["byte-level-bpe-segments", {}, {}, BERT_LAYOUT],
  ["byte-level-bpe", {}, { tokenizer_class: "RobertaTokenizer", add_prefix_space: true }, ROBERTA_LAYOUT],
  ["byte-level-bpe", {}, { tokenizer_class: "RobertaTokenizer", trim_offsets: false }, ROBERTA_LAYOUT],
];

test("Python's AutoTokenizer reads in what libbert saves also what the family or the config said", {
  skip,
}, async (t) => {
  const tokenizers = [];
  const saved: string[] = [];
  for (const [name, changes, config, layout] of CHANGED) {
    const folder = temporaryFolder(t);
    const json = JSON.parse(readFileSync(join(directoryOf(name), "tokenizer.json"), "utf8"));
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ ...json, ...changes }));
    writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(config));
    const tokenizer = await TextTokenizer.load(folder, layout);
    const target = temporaryFolder(t);
    await tokenizer.save(target);
    tokenizers.push(tokenizer);
    saved.push(target);
  }
  const described: Described[] = await printed(
    DESCRIBE_IN_PYTHON,
    CHANGED.map(([name], index) => [saved[index], textsOf(name)]),
  );
  for (const [index, [name]] of CHANGED.entries()) {
    await assertSame(tokenizers[index]!, described[index]!, textsOf(name));
  }
});
