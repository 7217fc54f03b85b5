import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BERT_LAYOUT, ROBERTA_LAYOUT, type TextLayout } from "../../lib/tokenizer/text-layout.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { wordPieceJson } from "../../lib/tokenizer/tokenizer-json.js";
import { temporaryFolder } from "../runtime/fakes.js";

type Json = Record<string, unknown>;
const DATA = "test/golden/data/tokenizers";
const read = (name: string, file = "tokenizer.json"): Json =>
  JSON.parse(readFileSync(join(DATA, name, file), "utf8"));

const bpe = read("byte-level-bpe");
const segmented = read("byte-level-bpe-segments");
const unigram = read("unigram");
const added = {
  decoder: Object.fromEntries((bpe.added_tokens as { id: number }[]).map(({ id, ...token }) => [id, token])),
};

function folderOf(t: TestContext, files: Record<string, unknown>): string {
  const folder = temporaryFolder(t);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

const load = (t: TestContext, files: Record<string, unknown>, defaults?: TextLayout) =>
  TextTokenizer.load(folderOf(t, files), defaults);

const rejects = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, { code: "ERR_CHECKPOINT", message });

test("special_tokens_map.json names the special tokens, else the config, else the class, else the family", async (t) => {
  const json = { ...bpe, post_processor: null };
  const named = { cls_token: "</s>", sep_token: { content: "<s>", lstrip: false } };
  const swapped = await load(t, { "tokenizer.json": json, "tokenizer_config.json": named }, ROBERTA_LAYOUT);
  assert.deepEqual([swapped.clsId, swapped.sepId, swapped.padId], [2, 0, 1]);
  assert.deepEqual(swapped.frame, { open: [2], between: [0, 0], close: [0], segments: false });

  const map = { "special_tokens_map.json": { ...named, mask_token: "<unk>" } };
  const files = { "tokenizer.json": json, ...map };
  const config = { cls_token: "<s>", pad_token: "<unk>" };
  const mapped = await load(t, { ...files, "tokenizer_config.json": config }, ROBERTA_LAYOUT);
  assert.deepEqual([mapped.clsId, mapped.sepId, mapped.padId, mapped.maskToken], [2, 0, 3, "<unk>"]);
  const list = { added_tokens_decoder: added.decoder }; // with which transformers does not read the map
  const listed = await load(t, { ...files, "tokenizer_config.json": { ...config, ...list } }, ROBERTA_LAYOUT);
  assert.deepEqual([listed.clsId, listed.sepId, listed.padId, listed.maskToken], [0, 2, 3, "<mask>"]);

  const ofClass = await load(t, {
    "tokenizer.json": { ...unigram, post_processor: null },
    "tokenizer_config.json": { tokenizer_class: "XLMRobertaTokenizerFast" },
  });
  assert.deepEqual(ofClass.frame, { open: [0], between: [2, 2], close: [2], segments: false });

  await rejects(load(t, { "tokenizer.json": json }), /the special token "\[PAD\]" in the vocabulary/);
});

const template = (segmented.post_processor as { processors: Json[] }).processors[1]!;

test("each kind of post_processor gives its frame", async (t) => {
  const [cls, sep] = [
    ["[CLS]", 0],
    ["[SEP]", 2],
  ];
  const roberta = { type: "RobertaProcessing", cls, sep, trim_offsets: true, add_prefix_space: false };
  const once = { open: [0], between: [2], close: [2] };
  for (const [post_processor, frame] of [
    [template, { ...once, segments: true }],
    [
      { type: "BertProcessing", cls, sep },
      { ...once, segments: true },
    ],
    [roberta, { ...once, between: [2, 2], segments: false }],
    [
      { type: "Sequence", processors: [template] },
      { ...once, segments: true },
    ],
    [null, { ...once, segments: true }],
  ] as const) {
    const tokenizer = await load(t, { "tokenizer.json": { ...segmented, post_processor } });
    assert.deepEqual(tokenizer.frame, frame);
  }
});

test("a post_processor of another kind or order is refused, and what it is instead", async (t) => {
  const refuse = (post_processor: unknown, message: RegExp) =>
    rejects(load(t, { "tokenizer.json": { ...segmented, post_processor } }), message);
  const byteLevel = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };
  await refuse(
    byteLevel,
    /TemplateProcessing, BertProcessing or RobertaProcessing but received "ByteLevel"$/,
  );
  await refuse({ type: "Sequence", processors: [byteLevel] }, /received "Sequence" of "ByteLevel"$/);
  await refuse(
    { type: "Sequence", processors: [template, template] },
    /"Sequence" of "TemplateProcessing", /,
  );

  const { single, pair } = template as { single: Json[]; pair: Json[] };
  const order = /open, text, separator, text, close but received "(\[CLS]|\[SEP]|\$A):0 /;
  await refuse({ ...template, single: [...single].reverse(), pair: [...pair].reverse() }, order);
  await refuse({ ...template, single: [...single, single[0]] }, order);
  await refuse({ ...template, single: single.slice(1) }, order);
  const [open, a, between, b, close] = pair;
  await refuse({ ...template, pair: [open, b, between, a, close] }, order);
  const wrongType = { SpecialToken: { id: "[SEP]", type_id: 1 } };
  await refuse({ ...template, pair: [open, a, wrongType, b, close] }, order);
});

test("token types go to the models that transformers gives them to", async (t) => {
  const segments = async (files: Json, defaults: TextLayout = BERT_LAYOUT) =>
    (await load(t, { "tokenizer.json": wordPiece, ...files }, defaults)).frame.segments;
  const pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"];
  const post_processor = { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] };
  const wordPiece = { ...wordPieceJson(pieces, "[UNK]"), post_processor };
  const withConfig = (config: Json, defaults?: TextLayout) =>
    segments({ "tokenizer_config.json": config }, defaults);
  const none: TextLayout = { ...BERT_LAYOUT, segments: false };

  assert.equal(await segments({}), true);
  assert.equal(await segments({}, none), false);
  assert.equal(await withConfig({ tokenizer_class: "BertTokenizerFast" }, none), true);
  assert.equal(await withConfig({ tokenizer_class: "DistilBertTokenizer" }), false);
  assert.equal(await withConfig({ tokenizer_class: "PreTrainedTokenizerFast" }), false);
  assert.equal(await withConfig({ tokenizer_class: "TokenizersBackend" }), false);
  const inputs = { tokenizer_class: "TokenizersBackend", model_input_names: ["input_ids", "token_type_ids"] };
  assert.equal(await withConfig(inputs, none), true);
  assert.equal(await segments({ "config.json": { tokenizer_class: "DistilBertTokenizer" } }), false);
});

test("add_prefix_space and trim_offsets of the config hold for a class that reads them, and are saved", async (t) => {
  const changes = { add_prefix_space: true, trim_offsets: false };
  const config = { ...read("byte-level-bpe", "tokenizer_config.json"), ...changes };
  const files = { "tokenizer.json": bpe, "tokenizer_config.json": config };
  const described = async (tokenizer: TextTokenizer) => {
    const { inputIds, offsets } = await tokenizer.encode("the ships");
    return [tokenizer.idToToken(inputIds[1]!)![0], offsets.some(([start]) => start === 3)];
  };
  const tokenizer = await load(t, files);
  assert.deepEqual(await described(tokenizer), ["Ġ", true]);
  const folder = temporaryFolder(t);
  await tokenizer.save(folder);
  assert.deepEqual(await described(await TextTokenizer.load(folder)), ["Ġ", true]);
  const generic = { ...config, tokenizer_class: "TokenizersBackend" };
  assert.deepEqual(await described(await load(t, { ...files, "tokenizer_config.json": generic })), [
    "t",
    false,
  ]);
});

test("tokenizers that only Python has are refused, and what makes a tokenizer.json of their files", async (t) => {
  await rejects(
    load(t, {
      "vocab.txt": "[PAD]\n",
      "tokenizer_config.json": { tokenizer_class: "BertJapaneseTokenizer", word_tokenizer_type: "mecab" },
    }),
    /tokenizer_config\.json: .*BertJapaneseTokenizer \(word_tokenizer_type "mecab"\)/,
  );
  await rejects(
    load(t, { "vocab.txt": "x", "config.json": { tokenizer_class: "BertweetTokenizer" } }),
    /\/config\.json: .*BertweetTokenizer/,
  );
  const cure = /AutoTokenizer\.from_pretrained\(directory\)\.save_pretrained\(directory\)/;
  await rejects(load(t, { "vocab.json": "{}", "merges.txt": "" }), /vocab\.json and merges\.txt alone/);
  await rejects(load(t, { "vocab.json": "{}", "merges.txt": "" }), cure);
  await rejects(load(t, { "sentencepiece.bpe.model": "" }), /sentencepiece\.bpe\.model alone\. To fix it/);
});

test("other models, vocabularies with gaps and added tokens under a wrong id are refused", async (t) => {
  const refuse = (json: Json, message: RegExp) => rejects(load(t, { "tokenizer.json": json }), message);
  const model = bpe.model as { vocab: Record<string, number> };
  await refuse(
    { ...bpe, model: { ...model, type: "WordLevel" } },
    /type WordPiece, BPE or Unigram for model\.type but received "WordLevel"/,
  );
  await refuse(
    { ...bpe, model: { ...model, vocab: [] } },
    /a BPE vocabulary for model\.vocab but received \[\]/,
  );
  await refuse({ ...unigram, model: { ...(unigram.model as Json), vocab: {} } }, /a Unigram vocabulary/);

  const { "<mask>": _, ...vocab } = model.vocab;
  await refuse(
    { ...bpe, added_tokens: [], model: { ...model, vocab } },
    /every id below 399 but received none for 4/,
  );
  const tokens = bpe.added_tokens as Json[];
  await refuse(
    { ...bpe, added_tokens: [...tokens, { ...tokens[0], content: "new", id: 401 }] },
    /id 400 for the added token "new" but received 401/,
  );
  const swapped = [
    { ...tokens[0], content: "new", id: 401 },
    { ...tokens[0], content: "newer", id: 400 },
  ];
  const wrongId = { ...segmented, added_tokens: [...(segmented.added_tokens as Json[]), ...swapped] };
  await refuse(wrongId, /id 400 for the added token "new" but received 401/);

  const { vocab: pieces } = unigram.model as { vocab: [string, number][] };
  const twice = { ...unigram, model: { ...(unigram.model as Json), vocab: [...pieces, pieces[9]] } };
  await refuse(twice, /none for 9/);
});

test("an old tokenizer.json that does not name its model's type is read", async (t) => {
  for (const json of [segmented, { ...unigram, post_processor: null }]) {
    const { type, ...model } = json.model as Json;
    const tokenizer = await load(
      t,
      { "tokenizer.json": { ...json, model } },
      json === segmented ? BERT_LAYOUT : ROBERTA_LAYOUT,
    );
    assert.equal(tokenizer.kind, type);
  }
});
