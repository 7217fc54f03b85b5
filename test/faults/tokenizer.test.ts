import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { LibbertError } from "../../lib/errors.js";
import { BERT_LAYOUT, ROBERTA_LAYOUT, type TextLayout } from "../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { wordPieceJson } from "../../lib/tokenizer/tokenizer-json.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { processorClock } from "../support/processor-time.js";
import { sentencePieceMap } from "../tokenizer/sentencepiece-map.js";
import { tries } from "./tries.js";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Files = Record<string, string>;

const TEXTS = [
  "",
  "a [MASK] b<mask> [ENT]",
  "Éa\u0301 ﬁ中\u0000\uffff 😀\ud800 __proto__",
  "a".repeat(300),
  "a b ".repeat(60),
  " \t\n\u3000 ",
];
const PIECES = [...Object.values(BERT_LAYOUT.specialTokens), "a", "b", "##a", "éa", "中", "__proto__"];

const token = { single_word: false, lstrip: true, rstrip: true, normalized: true, special: false };
const wordPiece = {
  ...wordPieceJson(PIECES, "[UNK]"),
  post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] },
  added_tokens: [{ id: PIECES.length, content: "[ENT]", ...token }],
};
const bytePieces = ["<pad>", "<unk>", "<s>", "</s>", "<mask>", "a", "b", "Ġ", "Ġa", "ab"];
const template = (token: string, text: string) => [
  { SpecialToken: { id: token, type_id: 0 } },
  { Sequence: { id: text, type_id: 0 } },
  { SpecialToken: { id: "</s>", type_id: 0 } },
];
const byteLevel = {
  version: "1.0",
  added_tokens: [{ id: 4, content: "<mask>", ...token, special: true }],
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  post_processor: {
    type: "RobertaProcessing",
    cls: ["<s>", 2],
    sep: ["</s>", 3],
    trim_offsets: true,
    add_prefix_space: true,
  },
  decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: "BPE",
    dropout: null,
    unk_token: "<unk>",
    continuing_subword_prefix: "",
    end_of_word_suffix: "",
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(bytePieces.map((piece, id) => [piece, id])),
    merges: [["a", "b"], "Ġ a"],
  },
};
const unigram = {
  version: "1.0",
  added_tokens: [{ id: 4, content: "<mask>", ...token, special: true }],
  normalizer: {
    type: "Sequence",
    normalizers: [
      {
        type: "Precompiled",
        precompiled_charsmap: sentencePieceMap([
          ["ﬁ", "fi"],
          ["\t", " "],
          ["Ａ", "A"],
        ]),
      },
      { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
      { type: "Strip", strip_left: false, strip_right: true },
    ],
  },
  pre_tokenizer: {
    type: "Sequence",
    pretokenizers: [
      { type: "WhitespaceSplit" },
      { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    ],
  },
  post_processor: {
    type: "TemplateProcessing",
    single: template("<s>", "A"),
    pair: [...template("<s>", "A"), ...template("</s>", "B")],
    special_tokens: {
      "<s>": { id: "<s>", ids: [2], tokens: ["<s>"] },
      "</s>": { id: "</s>", ids: [3], tokens: ["</s>"] },
    },
  },
  decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  model: {
    type: "Unigram",
    unk_id: 1,
    byte_fallback: false,
    vocab: ["<pad>", "<unk>", "<s>", "</s>", "<mask>", "▁", "▁a", "a", "b", "fi"].map((piece, id) => [
      piece,
      -id,
    ]),
  },
};

const config = (tokenizer_class: string) => ({
  tokenizer_class,
  model_max_length: 16,
  do_lower_case: true,
  strip_accents: null,
  truncation_side: "right",
  mask_token: { __type: "AddedToken", content: tokenizer_class === "BertTokenizer" ? "[MASK]" : "<mask>" },
  model_input_names: ["input_ids", "attention_mask"],
  clean_up_tokenization_spaces: true,
});

const text = (files: Record<string, unknown>): Files =>
  Object.fromEntries(Object.entries(files).map(([name, json]) => [name, JSON.stringify(json)]));

const TOKENIZERS: readonly { files: Files; layout: TextLayout }[] = [
  {
    files: text({ "tokenizer.json": wordPiece, "tokenizer_config.json": config("BertTokenizer") }),
    layout: BERT_LAYOUT,
  },
  {
    files: {
      "vocab.txt": `${PIECES.join("\n")}\n`,
      ...text({
        "config.json": { model_type: "bert" },
        "tokenizer_config.json": config("BertTokenizer"),
        "special_tokens_map.json": {
          additional_special_tokens: ["[ENT]"],
          mask_token: { content: "[MASK]", ...token },
        },
        "added_tokens.json": { "[ENT]": PIECES.length },
      }),
    },
    layout: BERT_LAYOUT,
  },
  {
    files: text({ "tokenizer.json": byteLevel, "tokenizer_config.json": config("TokenizersBackend") }),
    layout: ROBERTA_LAYOUT,
  },
  {
    files: text({ "tokenizer.json": unigram, "tokenizer_config.json": config("TokenizersBackend") }),
    layout: ROBERTA_LAYOUT,
  },
];

const ODD_VALUES: readonly Json[] = [
  ...[null, true, 0, -1, 0.5, 3, 2 ** 32, 2 ** 53, 1e308, "", "a", " ", "__proto__", "toString", "(a+)+$"],
  ...["\ud800", "\uffff", "\u0301", "[MASK]", "<s>", "always", "x".repeat(100_000), [], {}, [null], [[]]],
  JSON.parse('{"__proto__": 7}'),
  JSON.parse(`${"[".repeat(2000)}${"]".repeat(2000)}`),
  { Regex: "(a+)+$" },
  { String: "" },
  { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Isolated", invert: false },
  { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "b" },
  { type: "Replace", pattern: { String: "a" }, content: "aa" },
  { type: "Precompiled", precompiled_charsmap: "AAAA" },
  { type: "FixedLength", length: 0 },
  {
    type: "Sequence",
    normalizers: Array(40).fill({ type: "Replace", pattern: { String: "a" }, content: "aa" }),
  },
  { type: "Whitespace" },
  { type: "NFKC" },
  { type: "BertNormalizer" },
  { content: "", id: 3 },
  { content: "a", id: 5, ...token },
  { type: "BPE", vocab: {}, merges: [] },
];

const change = fc.record({
  tokenizer: fc.nat(TOKENIZERS.length - 1),
  file: fc.nat(),
  place: fc.nat(),
  other: fc.nat(),
  how: fc.constantFrom("value", "value", "value", "swap", "remove", "flip", "cut"),
});
type Change = typeof change extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** The file's text with something in it that is not right. */
function changed(content: string, isJson: boolean, { place, other, how }: Change): string | Buffer {
  const bytes = Buffer.from(content);
  if (how === "cut") return bytes.subarray(0, place % bytes.length);
  if (how === "flip" || !isJson) {
    bytes[place % bytes.length]! ^= 1 << (other % 8);
    return bytes;
  }
  const json: Json = JSON.parse(content);
  const places = placesOf(json);
  const [parent, key] = places[place % places.length]!;
  const [otherParent, otherKey] = places[other % places.length]!;
  if (how === "remove") delete (parent as Record<string, Json>)[key];
  else if (how === "swap") parent[key] = structuredClone(otherParent[otherKey]!);
  else parent[key] = ODD_VALUES[other % ODD_VALUES.length]!;
  return JSON.stringify(json);
}

type Parent = Record<string, Json>;

function placesOf(json: Json): [parent: Parent, key: string][] {
  if (typeof json !== "object" || json === null) return [];
  return Object.keys(json).flatMap((key): [Parent, string][] => [
    [json as Parent, key],
    ...placesOf((json as Parent)[key]!),
  ]);
}

/** Everything that a model does with a tokenizer, in `saved`, too, where that is a folder. */
async function use(folder: string, layout: TextLayout, saved?: string): Promise<void> {
  const tokenizer = await TextTokenizer.load(folder, layout);
  await tokenizer.encodeBatch([...TEXTS, ["a b", "b a a"]], { maxLength: 7 });
  const [encoding] = await tokenizer.encodeBatchAligned(TEXTS.slice(1));
  await tokenizer.encodeAsText(TEXTS);
  await tokenizer.decode(encoding!.inputIds);
  if (saved === undefined) return;
  await tokenizer.save(saved);
  await use(saved, layout);
}

/** Of the processor; these texts take milliseconds. */
const MOST_SECONDS = 10;

async function tryChange(t: TestContext, drawn: Change): Promise<void> {
  const { files, layout } = TOKENIZERS[drawn.tokenizer]!;
  const names = Object.keys(files);
  const name = names[drawn.file % names.length]!;
  const content = changed(files[name]!, name.endsWith(".json"), drawn);
  const folder = FOLDERS.get(files) ?? temporaryFolder(t);
  if (!FOLDERS.has(files))
    for (const [other, text] of Object.entries(files)) writeFileSync(join(folder, other), text);
  FOLDERS.set(files, folder);
  writeFileSync(join(folder, name), content);
  const clock = processorClock();
  try {
    await use(folder, layout, drawn.other % 4 === 0 ? SAVED(t) : undefined);
  } catch (error) {
    assert.ok(
      error instanceof LibbertError,
      `${(error as Error).stack}\n${content.toString().slice(0, 2000)}`,
    );
    assert.equal(error.code, "ERR_CHECKPOINT", error.message);
    assert.ok(error.message.length < 1500, error.message.slice(0, 2000));
  } finally {
    writeFileSync(join(folder, name), files[name]!);
  }
  const seconds = clock();
  assert.ok(seconds < MOST_SECONDS, `took ${seconds} s`);
}

const FOLDERS = new Map<Files, string>();
let savedFolder: string | undefined;
const SAVED = (t: TestContext) => {
  savedFolder ??= temporaryFolder(t);
  return savedFolder;
};

test("tokenizers as they are load, encode, decode and are saved", async (t) => {
  for (const { files, layout } of TOKENIZERS) {
    const folder = temporaryFolder(t);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    await use(folder, layout, temporaryFolder(t));
    assert.ok(readFileSync(join(folder, Object.keys(files)[0]!)).length > 0);
  }
});

test("a tokenizer's files with something wrong in them work, or are refused in one sentence, in good time", async (t) => {
  const property = fc.asyncProperty(change, (drawn) => tryChange(t, drawn));
  await fc.assert(property, { numRuns: tries(250, 1_000_000), endOnFailure: true });
});
