import { readFileSync } from "node:fs";
import type { TextInput } from "../../lib/tokenizer/text-input.js";
import { BERT_LAYOUT, ROBERTA_LAYOUT, type TextLayout } from "../../lib/tokenizer/text-layout.js";
import { type TokenizerJson, wordPieceJson } from "../../lib/tokenizer/tokenizer-json.js";

/** A folder's files as somebody's model may have them, and how its texts are cut. */
export interface DrawnTokenizer {
  files: Record<string, unknown>;
  maxLength?: number;
  layout: TextLayout;
}

const BERT_TOKENS = Object.values(BERT_LAYOUT.specialTokens);
export const PIECES = [
  ...BERT_TOKENS,
  ...["a", "b", "##b", "[", "]", "ent", "new", "##word", "éa", "ea", "image", "x", "中", "entity"],
];
const NAMES = ["[ENT]", "newword", "[E 2]", "é[X]", "ent", "中国", "<t>"];
export const TEXTS: TextInput[] = [
  "a [ENT] b newword ab",
  "[ent] Newword [MASK]b",
  "xent ent, Ent entity",
  "Éa  [E 2]  é[X]x e[x] é[x]",
  "中国 a中国b ",
  " the ships<t> sail <mask> the",
  "them <t>the </s>",
  ["the ships", " sail <t> "],
  "anewword newwords new word",
  ["a [ENT]", "b newword"],
];

const CLASSES = {
  vocab: [undefined, "BertTokenizer", "DistilBertTokenizerFast", "ElectraTokenizer"],
  "word-piece": [undefined, "BertTokenizerFast", "PreTrainedTokenizerFast"],
  "byte-level-bpe": [undefined, "RobertaTokenizer", "TokenizersBackend"],
  unigram: [undefined, "XLMRobertaTokenizer", "PreTrainedTokenizerFast"],
  "unigram-spaces": ["TokenizersBackend"],
};
type Kind = keyof typeof CLASSES;
const MODEL_TYPES: Record<Kind, string> = {
  vocab: "bert",
  "word-piece": "bert",
  "byte-level-bpe": "roberta",
  unigram: "xlm-roberta",
  "unigram-spaces": "xlm-roberta",
};

/** The same `count` tokenizers every time: kinds, classes, and added tokens in any of the files that have them. */
export function drawnTokenizers(count: number): DrawnTokenizer[] {
  const random = randomNumbers(1);
  return Array.from({ length: count }, () => drawnTokenizer(random));
}

function drawnTokenizer(random: () => number): DrawnTokenizer {
  const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)]!;
  const often = (share: number) => random() < share;
  const flag = () => often(0.5);
  const settings = (content: string) => {
    const [single_word, lstrip, rstrip, normalized, special] = [flag(), flag(), flag(), flag(), flag()];
    return { content, single_word, lstrip, rstrip, normalized, special };
  };
  const kind = pick(Object.keys(CLASSES) as Kind[]);
  const json = jsonOf(kind);
  const layout = kind === "vocab" || kind === "word-piece" ? BERT_LAYOUT : ROBERTA_LAYOUT;
  const tokenizerClass = pick<string | undefined>(CLASSES[kind]);
  const own = Object.entries(layout.specialTokens).map(([use, token]) => [`${use}_token`, token] as const);

  const config: Record<string, unknown> = {};
  const files: Record<string, unknown> = { "config.json": { model_type: MODEL_TYPES[kind] } };
  if (tokenizerClass) config.tokenizer_class = tokenizerClass;
  if (flag() || CLASSES[kind].indexOf(tokenizerClass as never) > 1 || kind === "unigram-spaces") {
    for (const [use, token] of own)
      config[use] = flag() ? token : { __type: "AddedToken", ...settings(token) };
  }
  const chosen = NAMES.filter(() => often(0.3));
  const placed = placedIn(json, chosen);
  const inJson = () => {
    const tokens = placed.map(([content, id]) => ({ id, ...settings(content) }));
    json.added_tokens = [...json.added_tokens!, ...tokens];
  };
  switch (pick(["decoder", "added", "json", "both", "list", "map"])) {
    case "decoder":
      config.added_tokens_decoder = decoderOf(json, placed, settings);
      break;
    case "added":
      files["added_tokens.json"] = Object.fromEntries(placed);
      break;
    case "json":
      inJson();
      break;
    case "both":
      config.added_tokens_decoder = decoderOf(json, placed, settings);
      inJson();
      break;
    case "list":
      config[pick(["additional_special_tokens", "extra_special_tokens"])] = chosen.map((token) =>
        flag() ? token : { __type: "AddedToken", ...settings(token) },
      );
      break;
    case "map":
      files["special_tokens_map.json"] = { additional_special_tokens: chosen };
  }
  if (often(0.2)) config.entity_token = pick(NAMES);
  if (often(0.2)) config.extra_special_tokens = { image_token: "<t>" };
  for (const name of ["do_lower_case", "strip_accents", "tokenize_chinese_chars", "add_prefix_space"]) {
    if (often(0.25)) config[name] = flag();
  }
  if (often(0.25)) config.truncation_side = pick(["left", "right"]);
  files["tokenizer_config.json"] = config;
  if (kind === "vocab") files["vocab.txt"] = `${PIECES.join("\n")}\n`;
  else files["tokenizer.json"] = json;
  return { files, layout, ...(flag() && { maxLength: pick([5, 6, 7, 8, 9]) }) };
}

function jsonOf(kind: Kind): TokenizerJson {
  const post_processor = { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] };
  if (kind === "vocab" || kind === "word-piece") return { ...wordPieceJson(PIECES, "[UNK]"), post_processor };
  return JSON.parse(readFileSync(`test/golden/data/tokenizers/${kind}/tokenizer.json`, "utf8"));
}

/** The tokens with the ids that they get. */
function placedIn(
  { model, added_tokens = [] }: TokenizerJson,
  tokens: readonly string[],
): [string, number][] {
  const { vocab } = model;
  const pieces = Array.isArray(vocab) ? vocab.map(([piece]) => piece) : Object.keys(vocab);
  let next = new Set([...pieces, ...added_tokens.map(({ content }) => content)]).size;
  return tokens.map((token) => {
    const id = Array.isArray(vocab) ? pieces.indexOf(token) : (vocab[token] ?? -1);
    return [token, id >= 0 ? id : next++];
  });
}

/** With the tokens that `json` has already, as transformers writes it. */
function decoderOf(
  { added_tokens = [] }: TokenizerJson,
  placed: readonly [string, number][],
  settings: (token: string) => object,
): Record<number, object> {
  const before = added_tokens.map(({ id, ...token }) => [id, token]);
  return Object.fromEntries([...before, ...placed.map(([token, id]) => [id, settings(token)])]);
}

/** A linear congruential generator: numbers from 0 to 1, the same every time. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
