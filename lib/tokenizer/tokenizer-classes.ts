import type { Frame } from "./frame.js";
import { BERT_LAYOUT, ROBERTA_LAYOUT, type TextLayout } from "./text-layout.js";
import type { TokenizerConfig, TokenizerJson } from "./tokenizer-json.js";

/** The classes that are BERT's under other names, in transformers 4 and 5, with token types. */
const BERT_CLASSES: ReadonlySet<string> = new Set([
  "BertTokenizer",
  "ConvBertTokenizer",
  "DPRContextEncoderTokenizer",
  "DPRQuestionEncoderTokenizer",
  "ElectraTokenizer",
  "LayoutLMTokenizer",
  "LxmertTokenizer",
  "MobileBertTokenizer",
  "SqueezeBertTokenizer",
]);

/** The classes that take a `tokenizer.json` as it stands, whatever `tokenizer_config.json` says beside it. */
const GENERIC: ReadonlySet<string> = new Set(["PreTrainedTokenizer", "PythonBackend", "TokenizersBackend"]);

const FAMILY_CLASSES: ReadonlyMap<unknown, string> = new Map([
  ["bert", "BertTokenizer"],
  ["distilbert", "DistilBertTokenizer"],
  ["roberta", "RobertaTokenizer"],
  ["xlm-roberta", "XLMRobertaTokenizer"],
  ["camembert", "CamembertTokenizer"],
  ["electra", "BertTokenizer"],
]);

const LAYOUTS: ReadonlyMap<string, TextLayout> = new Map([
  ...[...BERT_CLASSES].map((name) => [name, BERT_LAYOUT] as const),
  ["DistilBertTokenizer", { ...BERT_LAYOUT, segments: false }],
  ["RobertaTokenizer", ROBERTA_LAYOUT],
  ["XLMRobertaTokenizer", ROBERTA_LAYOUT],
  ["CamembertTokenizer", ROBERTA_LAYOUT],
]);

/** A class without the `Fast` that transformers 4 put to its name. */
export function baseOf(tokenizerClass: string | undefined): string {
  return tokenizerClass?.replace(/Fast$/, "") ?? "";
}

/** Whether libbert knows what transformers does with the files of this class. */
export function isSupported(tokenizerClass: string): boolean {
  return LAYOUTS.has(baseOf(tokenizerClass)) || GENERIC.has(baseOf(tokenizerClass));
}

/** The class with which transformers loads the tokenizer of a model, where no file names one. */
export function classOfFamily(modelType: unknown): string | undefined {
  return FAMILY_CLASSES.get(modelType);
}

/** Whether a class makes its tokenizer of a WordPiece vocabulary by BERT's rules. */
export function isBertClass(tokenizerClass: string | undefined): boolean {
  const base = baseOf(tokenizerClass);
  return BERT_CLASSES.has(base) || base === "DistilBertTokenizer";
}

/** Whether versions of transformers differ in where a class of BERT's takes case and accents from. */
export function takesOwnCase(tokenizerClass: string | undefined): boolean {
  return /^(ConvBert|DPR)/.test(baseOf(tokenizerClass));
}

export function isRobertaClass(tokenizerClass: string | undefined): boolean {
  return baseOf(tokenizerClass) === "RobertaTokenizer";
}

/** Whether a class makes its tokenizer of a Unigram vocabulary as XLM-RoBERTa's does. */
export function isUnigramClass(tokenizerClass: string | undefined): boolean {
  return ["XLMRobertaTokenizer", "CamembertTokenizer"].includes(baseOf(tokenizerClass));
}

/** How the class in `config` lays out texts where no file says so, or `defaults` where it is unknown or none. */
export function textLayoutOf(config: TokenizerConfig, defaults: TextLayout): TextLayout {
  const { tokenizer_class, model_input_names } = config;
  const layout = LAYOUTS.get(baseOf(tokenizer_class)) ?? defaults;
  const silent = tokenizer_class === undefined && model_input_names == null;
  return silent ? layout : { ...layout, segments: givesSegments(config) };
}

/** Whether transformers gives a model token types that the tokenizer of `config` made. */
export function givesSegments({ tokenizer_class, model_input_names }: TokenizerConfig): boolean {
  if (Array.isArray(model_input_names)) return model_input_names.includes("token_type_ids");
  return BERT_CLASSES.has(baseOf(tokenizer_class));
}

/** The class with which transformers loads the tokenizer that `json` and `frame` describe, where no file names one. */
export function defaultClass({ model, normalizer }: TokenizerJson, { between }: Frame): string {
  const isBert = model.type === "WordPiece" && normalizer?.type === "BertNormalizer" && between.length === 1;
  return isBert ? "BertTokenizer" : "PreTrainedTokenizerFast";
}

export function isGeneric(tokenizerClass: string | undefined): boolean {
  return GENERIC.has(baseOf(tokenizerClass));
}
