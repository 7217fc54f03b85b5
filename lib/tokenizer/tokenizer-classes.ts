import type { Frame } from "./frame.js";
import { BERT_LAYOUT, ROBERTA_LAYOUT, type TextLayout } from "./text-layout.js";
import type { TokenizerConfig, TokenizerJson } from "./tokenizer-json.js";

/** The classes whose `model_input_names` have `token_type_ids`, in transformers 5.23. */
const WITH_SEGMENTS: ReadonlySet<string> = new Set([
  "BertTokenizer",
  "ConvBertTokenizer",
  "DebertaTokenizer",
  "DebertaV2Tokenizer",
  "DPRContextEncoderTokenizer",
  "DPRQuestionEncoderTokenizer",
  "FNetTokenizer",
  "LayoutLMv2Tokenizer",
  "MarkupLMTokenizer",
  "MobileBertTokenizer",
  "SqueezeBertTokenizer",
]);

/** The classes that transformers 5.23 has in Python alone: no `tokenizer.json` says what they do. */
const IN_PYTHON_ALONE: ReadonlySet<string> = new Set([
  "BertJapaneseTokenizer",
  "BertweetTokenizer",
  "BioGptTokenizer",
  "BlenderbotSmallTokenizer",
  "ByT5Tokenizer",
  "CanineTokenizer",
  "CpmAntTokenizer",
  "CTRLTokenizer",
  "EsmTokenizer",
  "FlaubertTokenizer",
  "FSMTTokenizer",
  "GPTNeoXJapaneseTokenizer",
  "MyT5Tokenizer",
  "PerceiverTokenizer",
  "PhobertTokenizer",
  "ProphetNetTokenizer",
  "RoCBertTokenizer",
  "TapasTokenizer",
  "XLMTokenizer",
]);

/** The classes that take a `tokenizer.json` as it stands, whatever `tokenizer_config.json` says beside it. */
const GENERIC: ReadonlySet<string> = new Set(["PreTrainedTokenizer", "PythonBackend", "TokenizersBackend"]);

const LAYOUTS: ReadonlyMap<string, TextLayout> = new Map([
  ["BertTokenizer", BERT_LAYOUT],
  ["DistilBertTokenizer", { ...BERT_LAYOUT, segments: false }],
  ["RobertaTokenizer", ROBERTA_LAYOUT],
  ["XLMRobertaTokenizer", ROBERTA_LAYOUT],
]);

/** The class in `config`, without the `Fast` that transformers 4 put to its name. */
function classOf({ tokenizer_class }: TokenizerConfig): string | undefined {
  return tokenizer_class?.replace(/Fast$/, "");
}

/** How the class in `config` lays out texts where no file says so, or `defaults` where it is unknown or none. */
export function textLayoutOf(config: TokenizerConfig, defaults: TextLayout): TextLayout {
  const tokenizerClass = classOf(config);
  const layout = LAYOUTS.get(tokenizerClass ?? "") ?? defaults;
  const silent = tokenizerClass === undefined && config.model_input_names === undefined;
  return silent ? layout : { ...layout, segments: givesSegments(config) };
}

/** Whether transformers gives a model token types that the tokenizer of `config` made. */
export function givesSegments({ tokenizer_class, model_input_names }: TokenizerConfig): boolean {
  if (Array.isArray(model_input_names)) return model_input_names.includes("token_type_ids");
  return WITH_SEGMENTS.has(classOf({ tokenizer_class }) ?? "");
}

/** The class with which transformers loads the tokenizer that `json` and `frame` describe, where no file names one. */
export function defaultClass({ model, normalizer }: TokenizerJson, { between }: Frame): string {
  const isBert = model.type === "WordPiece" && normalizer?.type === "BertNormalizer" && between.length === 1;
  return isBert ? "BertTokenizer" : "PreTrainedTokenizerFast";
}

export function isInPythonAlone(config: TokenizerConfig): boolean {
  return IN_PYTHON_ALONE.has(classOf(config) ?? "");
}

export function isGeneric(config: TokenizerConfig): boolean {
  return GENERIC.has(classOf(config) ?? "");
}
