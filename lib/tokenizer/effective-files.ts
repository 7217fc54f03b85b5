import type { Frame } from "./frame.js";
import { layoutTemplate } from "./post-processor.js";
import type { SpecialTokens, TextLayout } from "./text-layout.js";
import { defaultClass, givesSegments, isGeneric } from "./tokenizer-classes.js";
import { pieceIds, type TokenizerConfig, type TokenizerJson } from "./tokenizer-json.js";

/**
 * The tokenizer as libbert uses it: nothing cut or filled up behind the caller's back (all-MiniLM-L6-v2 asks for
 * 128 tokens), a frame in any case, and where `config` speaks of case, accents, Chinese characters or the space
 * before a text, its word counts, as in transformers.
 */
export function effectiveJson(
  json: TokenizerJson,
  config: TokenizerConfig,
  layout: TextLayout,
  tokens: SpecialTokens,
): TokenizerJson {
  const post_processor = json.post_processor ?? layoutTemplate(layout, tokens, pieceIds(json));
  const effective = { ...json, truncation: null, padding: null, post_processor };
  return withSpaces(withNormalizer(effective, config), config);
}

function withNormalizer(json: TokenizerJson, config: TokenizerConfig): TokenizerJson {
  const { normalizer } = json;
  if (normalizer?.type !== "BertNormalizer") return json;
  return {
    ...json,
    normalizer: {
      ...normalizer,
      lowercase: config.do_lower_case ?? normalizer.lowercase,
      strip_accents: config.strip_accents !== undefined ? config.strip_accents : normalizer.strip_accents,
      handle_chinese_chars: config.tokenize_chinese_chars ?? normalizer.handle_chinese_chars,
    },
  };
}

function withSpaces(json: TokenizerJson, config: TokenizerConfig): TokenizerJson {
  const { pre_tokenizer: preTokenizer, post_processor: postProcessor } = json;
  if (preTokenizer?.type !== "ByteLevel" || isGeneric(config)) return json;
  const { add_prefix_space = preTokenizer.add_prefix_space } = config;
  const effective = { ...json, pre_tokenizer: { ...preTokenizer, add_prefix_space } };
  if (postProcessor?.type !== "RobertaProcessing") return effective;
  const { trim_offsets = postProcessor.trim_offsets } = config;
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
  };
}

/** A class for a tokenizer of no class, and the model's inputs where that class would give others. */
function classEntries(json: TokenizerJson, config: TokenizerConfig, frame: Frame): TokenizerConfig {
  if (config.tokenizer_class !== undefined) return {};
  const tokenizer_class = defaultClass(json, frame);
  const asClass = !isGeneric({ tokenizer_class }) && givesSegments({ tokenizer_class }) === frame.segments;
  if (asClass || config.model_input_names !== undefined) return { tokenizer_class };
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
  if (pre_tokenizer?.type !== "ByteLevel" || isGeneric(config)) return {};
  const spaces = { add_prefix_space: pre_tokenizer.add_prefix_space as boolean };
  if (post_processor?.type !== "RobertaProcessing") return spaces;
  return { ...spaces, trim_offsets: post_processor.trim_offsets as boolean };
}
