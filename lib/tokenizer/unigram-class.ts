import { JsonField } from "./json-field.js";
import { baseOf } from "./tokenizer-classes.js";
import {
  modelPieces,
  type TokenizerConfig,
  type TokenizerJson,
  type TokenizerPart,
} from "./tokenizer-json.js";

const SPACE = "▁";

/**
 * What the classes of XLM-RoBERTa and CamemBERT make of a vocabulary in transformers 5: of a `tokenizer.json` they take the map of
 * SentencePiece alone, and they cut texts at white space first.
 */
export function unigramJson(json: TokenizerJson, config: TokenizerConfig): TokenizerJson {
  const { add_prefix_space = true } = config;
  const prepend_scheme = add_prefix_space ? "always" : "never";
  const words = { type: "Metaspace", replacement: SPACE, prepend_scheme, split: true };
  return {
    ...json,
    normalizer: partsOf(json.normalizer, "normalizers").find(({ type }) => type === "Precompiled") ?? null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, words] },
  };
}

/** A sequence's parts, or what is none by itself. */
function partsOf(part: TokenizerPart | null | undefined, field: string): TokenizerPart[] {
  if (!part) return [];
  return part.type === "Sequence" ? (part[field] as TokenizerPart[]) : [part];
}

/**
 * Whether a `tokenizer.json` says the same, as transformers 4 takes it as it stands.
 *
 * @param cure ends errors
 * @throws LibbertError ERR_CHECKPOINT, naming the part in which they differ
 */
export function checkUnigram(
  json: TokenizerJson,
  { loadedAs, config, unk, source, cure }: UnigramCheck,
): void {
  const file = new JsonField(source, "", json);
  const as = `as ${loadedAs} has it ${cure},`;
  const model = file.at("model");
  if (model.at("type").value !== "Unigram") throw model.at("type").wrong(`"Unigram", ${as}`);
  const id = baseOf(loadedAs) === "XLMRobertaTokenizer" ? 3 : (modelPieces(json).get(unk) ?? 0);
  if (model.at("unk_id").value !== id) throw model.at("unk_id").wrong(`${id}, ${as}`);
  if (model.at("byte_fallback").value) throw model.at("byte_fallback").wrong(`false, ${as}`);
  if (!partsOf(json.normalizer, "normalizers").every(isUnseen))
    throw file.at("normalizer").wrong(`null or a Precompiled map, ${as}`);
  if (!splitsWords(json.pre_tokenizer, config))
    throw file.at("pre_tokenizer").wrong(`WhitespaceSplit and a Metaspace that always prepends, ${as}`);
}

interface UnigramCheck {
  loadedAs: string;
  config: TokenizerConfig;
  /** The token for what the vocabulary lacks. */
  unk: string;
  source: string;
  cure: string;
}

/** Whether a normalizer is the map, or does nothing that is seen where texts are cut at white space. */
function isUnseen({ type, pattern }: TokenizerPart): boolean {
  const isOfSpaces = type === "Replace" && (pattern as { Regex?: string }).Regex === " {2,}";
  return type === "Precompiled" || type === "Strip" || isOfSpaces;
}

/** Versions of transformers 4 wrote the second part alone, behind normalizers that leave single spaces. */
function splitsWords(part: TokenizerPart | null | undefined, { add_prefix_space }: TokenizerConfig): boolean {
  const parts = partsOf(part, "pretokenizers");
  const words = parts.at(-1);
  if (words?.type !== "Metaspace" || words.replacement !== SPACE) return false;
  if (parts.length > 2 || (parts.length === 2 && parts[0]!.type !== "WhitespaceSplit")) return false;
  if (typeof add_prefix_space === "boolean") return true; // which counts
  return (words.prepend_scheme ?? "always") === "always" && words.add_prefix_space !== false;
}
