import { fileError } from "./file-error.js";
import type { Frame } from "./frame.js";
import { layoutTemplate } from "./post-processor.js";
import { namedTokens } from "./special-tokens.js";
import type { SpecialTokens } from "./text-layout.js";
import {
  defaultClass,
  givesSegments,
  isBertClass,
  isGeneric,
  isRobertaClass,
  isUnigramClass,
} from "./tokenizer-classes.js";
import type { TokenizerFiles } from "./tokenizer-files.js";
import { pieceIds, type TokenizerConfig, type TokenizerJson } from "./tokenizer-json.js";
import { unigramJson } from "./unigram-class.js";

/**
 * The tokenizer as libbert uses it, and transformers: a frame in any case, and where the class that transformers loads
 * it with reads case, accents, Chinese characters or the space before a text from `config`, what that says.
 */
export function effectiveJson({ json, config, layout, loadedAs, source }: TokenizerFiles): TokenizerJson {
  const tokens = namedTokens(config, layout.specialTokens);
  if (!json.post_processor && isGeneric(loadedAs)) {
    throw fileError(
      source,
      `a post_processor, without which ${loadedAs} puts no special tokens around texts,`,
      "none",
    );
  }
  const post_processor = json.post_processor ?? layoutTemplate(layout, tokens, pieceIds(json));
  return withSpaces(withNormalizer({ ...json, post_processor }, config, loadedAs), config, loadedAs);
}

function withNormalizer(
  json: TokenizerJson,
  config: TokenizerConfig,
  loadedAs: string | undefined,
): TokenizerJson {
  const { normalizer } = json;
  const isBert = isBertClass(loadedAs);
  if (normalizer?.type !== "BertNormalizer" || !(isBert || loadedAs === undefined)) return json;
  const { lowercase, strip_accents, handle_chinese_chars } = isBert ? BERT_DEFAULTS : normalizer;
  return {
    ...json,
    normalizer: {
      ...normalizer,
      lowercase: config.do_lower_case ?? lowercase,
      strip_accents: config.strip_accents !== undefined ? config.strip_accents : strip_accents,
      handle_chinese_chars: config.tokenize_chinese_chars ?? handle_chinese_chars,
    },
  };
}

/** What transformers' BERT does where the config is silent, whatever a `tokenizer.json` says. */
const BERT_DEFAULTS = { lowercase: true, strip_accents: null, handle_chinese_chars: true };

function withSpaces(
  json: TokenizerJson,
  config: TokenizerConfig,
  loadedAs: string | undefined,
): TokenizerJson {
  if (isUnigramClass(loadedAs)) return unigramJson(json, config);
  const { pre_tokenizer: preTokenizer, post_processor: postProcessor } = json;
  const isRoberta = isRobertaClass(loadedAs);
  if (preTokenizer?.type !== "ByteLevel" || !(isRoberta || loadedAs === undefined)) return json;
  const add_prefix_space = config.add_prefix_space ?? (isRoberta ? false : preTokenizer.add_prefix_space);
  const effective = { ...json, pre_tokenizer: { ...preTokenizer, add_prefix_space } };
  if (postProcessor?.type !== "RobertaProcessing") return effective;
  const trim_offsets = config.trim_offsets ?? (isRoberta ? true : postProcessor.trim_offsets);
  return { ...effective, post_processor: { ...postProcessor, add_prefix_space, trim_offsets } };
}

/** `config` with what the tokenizer in use does written into it, for Python, which builds its tokenizer from that. */
export function effectiveConfig(
  json: TokenizerJson,
  config: TokenizerConfig,
  tokens: SpecialTokens,
  frame: Frame,
): TokenizerConfig {
  return {
    ...config,
    ...classEntries(json, config, frame),
    ...tokenEntries(config, tokens),
    ...normalizerEntries(json),
    ...spaceEntries(json, config),
    added_tokens_decoder: Object.fromEntries(
      (json.added_tokens ?? []).map(({ id, ...token }) => [id, token]),
    ),
  };
}

/** A class for a tokenizer of no class, and the model's inputs where that class would give others. */
function classEntries(json: TokenizerJson, config: TokenizerConfig, frame: Frame): TokenizerConfig {
  if (config.tokenizer_class !== undefined) return {};
  const tokenizer_class = defaultClass(json, frame);
  const asClass = !isGeneric(tokenizer_class) && givesSegments({ tokenizer_class }) === frame.segments;
  if (asClass || config.model_input_names != null) return { tokenizer_class };
  const types = frame.segments ? ["token_type_ids"] : [];
  return { tokenizer_class, model_input_names: ["input_ids", ...types, "attention_mask"] };
}

function tokenEntries(config: TokenizerConfig, tokens: SpecialTokens): TokenizerConfig {
  const names = Object.entries(tokens).map(([use, token]) => {
    const key = `${use}_token`;
    return [key, config[key] ?? token];
  });
  return Object.fromEntries(names);
}

function normalizerEntries({ normalizer }: TokenizerJson): TokenizerConfig {
  if (normalizer?.type !== "BertNormalizer") return {};
  const { lowercase, strip_accents, handle_chinese_chars } = normalizer;
  return {
    do_lower_case: lowercase as boolean,
    strip_accents: strip_accents as boolean | null,
    tokenize_chinese_chars: handle_chinese_chars as boolean,
  };
}

function spaceEntries(
  { pre_tokenizer, post_processor }: TokenizerJson,
  config: TokenizerConfig,
): TokenizerConfig {
  if (pre_tokenizer?.type !== "ByteLevel" || isGeneric(config.tokenizer_class)) return {};
  const spaces = { add_prefix_space: pre_tokenizer.add_prefix_space as boolean };
  if (post_processor?.type !== "RobertaProcessing") return spaces;
  return { ...spaces, trim_offsets: post_processor.trim_offsets as boolean };
}
