import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { wordPieceJson } from "../../lib/tokenizer/tokenizer-json.js";
import { temporaryFolder } from "../runtime/fakes.js";
import { processorClock } from "../support/processor-time.js";

type Json = Record<string, unknown>;

const PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"];
const post_processor = { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] };
const wordPiece: Json = { ...wordPieceJson(PIECES, "[UNK]"), post_processor };
const model = wordPiece.model as Json;
const read = (name: string): Json =>
  JSON.parse(readFileSync(`test/golden/data/tokenizers/${name}/tokenizer.json`, "utf8"));
const bpe = read("byte-level-bpe");
const unigram = read("unigram");
const token = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };

async function load(t: TestContext, files: Record<string, unknown>): Promise<TextTokenizer> {
  const folder = temporaryFolder(t);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return TextTokenizer.load(folder);
}

const json = (changes: Json, base: Json = wordPiece) => ({ "tokenizer.json": { ...base, ...changes } });
const config = (content: unknown) => ({ "vocab.txt": PIECES.join("\n"), "tokenizer_config.json": content });
const doubled = { type: "Replace", pattern: { String: "a" }, content: "aa" };
/** A trie of one unit, whose children would stand outside. */
const damagedMap = Buffer.from([4, 0, 0, 0, 0, 4, 0, 0, 0]).toString("base64");

/** Files, and the sentence behind the file's path. */
const REFUSED: [files: Record<string, unknown>, sentence: RegExp][] = [
  ...["ConvBertTokenizer", "DPRContextEncoderTokenizerFast"].map(
    (tokenizer_class): [Record<string, unknown>, RegExp] => [
      { ...json({}), "tokenizer_config.json": { tokenizer_class, do_lower_case: false } },
      /Expected true for do_lower_case in tokenizer_config\.json, which .* of transformers 5 does not read \(BertTokenizer does\), but received false$/,
    ],
  ),
  [
    config({ tokenizer_class: "DPRQuestionEncoderTokenizer", do_lower_case: false }),
    /Expected true for do_lower_case in tokenizer_config\.json, which .* but received false$/,
  ],
  // What could end the process, or run for ever.
  [
    json({ normalizer: { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "b" } }),
    /Expected " \{2,\}" for normalizer\.pattern\.Regex but received "\(a\+\)\+\$"$/,
  ],
  [
    json({
      pre_tokenizer: { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Isolated", invert: false },
    }),
    /for pre_tokenizer\.pattern\.Regex but received "\(a\+\)\+\$"$/,
  ],
  [
    json({ normalizer: { type: "Sequence", normalizers: Array(30).fill(doubled) } }),
    /normalizers that make a text at most 64 times longer for normalizer\.normalizers\.6 /,
  ],
  [
    json({ normalizer: { type: "Sequence", normalizers: Array(33).fill({ type: "NFC" }) } }),
    /Expected at most 32 parts for normalizer\.normalizers\.31 but received \{"type": "NFC"\}$/,
  ],
  [
    json({ normalizer: { type: "Replace", pattern: { String: "" }, content: "b" } }),
    /a text of 1 to 64 characters/,
  ],
  [
    json({ normalizer: { type: "Precompiled", precompiled_charsmap: damagedMap } }),
    /an undamaged SentencePiece map for normalizer\.precompiled_charsmap/,
  ],
  [
    json({ pre_tokenizer: { type: "FixedLength", length: 0 } }),
    /for pre_tokenizer\.type but received "FixedLength"$/,
  ],
  [json({ normalizer: { type: "Precompiled" } }), /for normalizer\.precompiled_charsmap but received none$/],
  [json({ normalizer: { type: "toString" } }), /for normalizer\.type but received "toString"$/],
  [json({ decoder: { type: "CTC" } }), /for decoder\.type but received "CTC"$/],
  [
    json({ model: { ...(bpe.model as Json), continuing_subword_prefix: "####" } }, bpe),
    /Expected "" or null for model\.continuing_subword_prefix but received "####"$/,
  ],
  [
    json({ model: { ...model, max_input_chars_per_word: 1e6 } }),
    /an integer from 1 to 200 for model\.max_input_chars/,
  ],
  [
    json({ added_tokens: [{ id: PIECES.length, content: "\u0301", ...token }] }),
    /Expected an added token that the normalizer leaves something of but received "\u0301"$/,
  ],
  // What would be another tokenization each time, or fail at the first unknown word.
  [json({ model: { ...(bpe.model as Json), dropout: 0.1 } }, bpe), /for model\.dropout but received 0\.1$/],
  [json({ model: { ...model, unk_token: "[NONE]" } }), /a piece of model\.vocab for model\.unk_token/],
  [
    json({ model: { ...(unigram.model as Json), unk_id: null } }, unigram),
    /for model\.unk_id but received null$/,
  ],
  [config({ split_special_tokens: true }), /for split_special_tokens but received true$/],
  // Wrong shapes.
  [json({ added_tokens: [null] }), /Expected a token for added_tokens\.0 but received null$/],
  [json({ added_tokens: {} }), /Expected a list of tokens for added_tokens but received \{\}$/],
  [json({ added_tokens: [{ id: -1, content: "a" }] }), /for added_tokens\.0\.id but received -1$/],
  [
    json({ model: { ...model, vocab: { ...(model.vocab as Json), a: "5" } } }),
    /an id for "a" in model\.vocab but/,
  ],
  [json({ model: { ...model, type: "WordLevel" } }), /for model\.type but received "WordLevel"$/],
  [
    json({ model: { ...(bpe.model as Json), merges: ["a b c"] } }, bpe),
    /two pieces for model\.merges\.0 but/,
  ],
  [
    json({ model: { ...(bpe.model as Json), merges: ["a 中"] } }, bpe),
    /where "中" is missing, for model\.merges\.0/,
  ],
  [
    json({ model: { ...(unigram.model as Json), vocab: [["<unk>", null]] } }, unigram),
    /a piece and its score for model\.vocab\.0 but received \["<unk>", null\]$/,
  ],
  [
    json({ post_processor: { ...post_processor, cls: ["[CLS]"] } }),
    /a token and its id for post_processor\.cls but received \["\[CLS\]"\]$/,
  ],
  [
    json({ post_processor: { ...post_processor, cls: ["[CLS]", 99] } }),
    /ids of the vocabulary in post_processor but/,
  ],
  [
    json({
      post_processor: {
        type: "TemplateProcessing",
        single: [{ SpecialToken: { id: "constructor", type_id: 0 } }],
        pair: [],
        special_tokens: {},
      },
    }),
    /one of special_tokens for post_processor\.single\.0\.SpecialToken\.id but received "constructor"$/,
  ],
  [config("[]"), /Expected an object but received \[\]$/],
  [config({ do_lower_case: "false" }), /Expected true or false for do_lower_case but received "false"$/],
  [
    config({ mask_token: 4 }),
    /a token: a text, or an object with its content for mask_token but received 4$/,
  ],
  [
    config({ additional_special_tokens: "x" }),
    /a list of tokens for additional_special_tokens but received "x"$/,
  ],
  [config({ added_tokens_decoder: { x: {} } }), /an id as the name of the field for added_tokens_decoder\.x/],
  [config(`{"a":${"[".repeat(600)}${"]".repeat(600)}}`), /Expected at most 500 levels of nesting/],
  // Lengths that could not be used.
  [config({ model_max_length: {} }), /for model_max_length but received \{\}$/],
  [
    config({ model_max_length: 2 }),
    /a model_max_length of at least 3, .* but received 2 in tokenizer_config\.json$/,
  ],
  // What libbert does not do.
  [config({ do_basic_tokenize: false }), /Expected true .* for do_basic_tokenize but received false$/],
  [config({ never_split: ["a"] }), /Expected a special token .* for never_split\.0 but received "a"$/],
  [
    config({ word_tokenizer_type: "mecab" }),
    /Expected "basic" for word_tokenizer_type but received "mecab"$/,
  ],
  [config({ subword_tokenizer_type: "character" }), /Expected "wordpiece" for subword_tokenizer_type/],
  ...[
    "BertJapaneseTokenizer",
    "FunnelTokenizer",
    "RoFormerTokenizer",
    "HerbertTokenizerFast",
    "TapasTokenizer",
  ].map((name): [Record<string, unknown>, RegExp] => [
    config({ tokenizer_class: name }),
    new RegExp(`of BERT, DistilBERT, ELECTRA, RoBERTa, XLM-RoBERTa or CamemBERT but received ${name}\\. If`),
  ]),
  // Where versions of transformers differ.
  [
    { ...json({ pre_tokenizer: { type: "Whitespace" } }), "config.json": { model_type: "bert" } },
    /Expected "BertPreTokenizer", as BertTokenizer has it .* for pre_tokenizer\.type but received "Whitespace"$/,
  ],
];

test("what cannot be obeyed is refused in one sentence that names the field", async (t) => {
  for (const [files, sentence] of REFUSED) {
    await assert.rejects(
      load(t, files).then(() => assert.fail(`loaded in spite of ${sentence}`)),
      (error: Error & { code: string }) => {
        assert.equal(error.code, "ERR_CHECKPOINT", `${error.stack}`);
        assert.match(error.message, sentence);
        return true;
      },
    );
  }
});

/** What changes no id, also where transformers' own releases have written it. */
const HARMLESS: Json[] = [
  {
    do_basic_tokenize: true,
    never_split: null,
    name_or_path: "/home/somebody",
    special_tokens_map_file: null,
  },
  { never_split: ["[UNK]", "[MASK]"], model_max_length: 1e30, padding_side: "left", init_inputs: [] },
  { tokenizer_class: "ElectraTokenizerFast", clean_up_tokenization_spaces: false, chat_template: null },
  { model_max_length: 512.0, added_tokens_decoder: {}, extra_special_tokens: {}, backend: "tokenizers" },
  { auto_map: { AutoTokenizer: ["own.Tokenizer", null] } },
  { auto_map: { AutoModel: "own.Model" }, word_tokenizer_type: "basic", sp_model_kwargs: {}, legacy: false },
  { additional_special_tokens: [], max_len: 512, truncation_side: "right", add_bos_token: false },
];

test("what changes no id is no reason to refuse", async (t) => {
  for (const settings of HARMLESS) {
    const { inputIds } = await (await load(t, config(settings))).encode("A b");
    assert.deepEqual([...inputIds], [2, 5, 6, 3]);
  }
});

test("truncation_side says which end of a text stays", async (t) => {
  const tokenizer = await load(t, config({ truncation_side: "left" }));
  const { inputIds, offsets } = await tokenizer.encode("a a a b", undefined, { maxLength: 4 });
  assert.deepEqual([...inputIds], [2, 5, 6, 3]);
  assert.deepEqual(offsets.slice(1, 3), [
    [4, 5],
    [6, 7],
  ]);
});

test("a vocabulary's piece may be called __proto__", async (t) => {
  const pieces = [...PIECES, "__proto__", "constructor"];
  const tokenizer = TextTokenizer.fromVocab(pieces);
  const folder = temporaryFolder(t);
  await tokenizer.save(folder);
  assert.equal(readFileSync(join(folder, "vocab.txt"), "utf8"), `${pieces.join("\n")}\n`);
  for (const one of [tokenizer, await TextTokenizer.load(folder)]) {
    assert.equal(one.tokenToId("__proto__"), PIECES.length);
    const [ids] = await one.encodeAsText(["a constructor"]);
    assert.deepEqual([...ids!], [5, PIECES.length + 1]);
  }
});

test("a vocab.txt of 160,000 blank lines is refused at once", async (t) => {
  const seconds = processorClock();
  await assert.rejects(
    load(t, { "vocab.txt": `${"\n".repeat(160_000)}a\n` }),
    /the special token "\[PAD\]" in the vocabulary but received none$/,
  );
  // About a second of one core; a search that begins anew at each line took 25.
  assert.ok(seconds() < 5);
});

test("a folder, a pipe or other bytes in the place of a file are named", async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "tokenizer.json"));
  await assert.rejects(TextTokenizer.load(folder), {
    code: "ERR_CHECKPOINT",
    message: /tokenizer\.json.* a folder/,
  });
  const piped = temporaryFolder(t);
  execFileSync("mkfifo", [join(piped, "vocab.txt")]);
  await assert.rejects(TextTokenizer.load(piped), { code: "ERR_CHECKPOINT", message: /vocab\.txt.* FIFO/ });
  const single = join(temporaryFolder(t), "vocab.txt");
  writeFileSync(single, "[UNK]");
  await assert.rejects(TextTokenizer.load(single), {
    code: "ERR_CHECKPOINT",
    message: `${single}: Expected the folder of a tokenizer (${dirname(single)}) but received a file`,
  });
  const other = temporaryFolder(t);
  writeFileSync(join(other, "vocab.txt"), Buffer.from([0x5b, 0xff, 0x5d]));
  await assert.rejects(TextTokenizer.load(other), { code: "ERR_CHECKPOINT", message: /UTF-8/ });
});

test("a tokenizer that cannot be written says so in one sentence", async () => {
  const folder = "/proc/nowhere";
  await assert.rejects(TextTokenizer.fromVocab(PIECES).save(folder), {
    code: "ERR_RUNTIME",
    message: /^Expected to write the tokenizer to \/proc\/nowhere for directory but received ENOENT/,
  });
});
