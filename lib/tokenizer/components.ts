import { type JsonField, listed } from "./json-field.js";
import { checkedPrecompiledMap } from "./precompiled-map.js";
import type { TokenizerPart } from "./tokenizer-json.js";

/** Bounds that no tokenizer of the supported families comes near. */
const MOST_PARTS = 32;
const MOST_GROWTH = 64;

/** Patterns that native code matches in linear time; of any other that cannot be told. */
const KNOWN_PATTERNS = [" {2,}"];

const BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;
const SCHEMES = ["first", "never", "always"] as const;

/** What a component's settings must be; one that is left out reaches the check as undefined. */
type Check = (setting: JsonField, use: Use) => unknown;
type Kinds = ReadonlyMap<string, Readonly<Record<string, Check>>>;

/** What the parts of one component add up to. */
interface Use {
  parts: number;
  /** How many times longer a text can become. */
  growth: number;
}

/** A setting that the tokenizers library has a default for. */
const optional =
  (check: Check): Check =>
  (setting, use) =>
    setting.value === undefined ? undefined : check(setting, use);
const flag: Check = (setting) => setting.flag();
const flagOrNull: Check = (setting) => (setting.isAbsent ? null : setting.flag());
const character: Check = (setting) => {
  if ([...setting.text("one character")].length !== 1) throw setting.wrong("one character");
  return setting.value;
};
const shortText: Check = (setting) => {
  if (setting.text().length > 64) throw setting.wrong("a text of at most 64 characters");
  return setting.value;
};
const behavior: Check = (setting) => setting.oneOf(BEHAVIORS);

const NONE = {};
const REPLACE = { pattern: checkedPattern, content: shortText };

const NORMALIZERS: Kinds = new Map(
  Object.entries({
    BertNormalizer: {
      clean_text: flag,
      handle_chinese_chars: flag,
      strip_accents: flagOrNull,
      lowercase: flag,
    },
    Lowercase: NONE,
    NFC: NONE,
    NFD: NONE,
    NFKC: NONE,
    NFKD: NONE,
    Nmt: NONE,
    Precompiled: { precompiled_charsmap: checkedPrecompiledMap },
    Prepend: { prepend: shortText },
    Replace: REPLACE,
    Sequence: { normalizers: (setting, use) => setting.items().map((part) => checkedNormalizer(part, use)) },
    Strip: { strip_left: flag, strip_right: flag },
    StripAccents: NONE,
  } satisfies Record<string, Record<string, Check>>),
);

const PRE_TOKENIZERS: Kinds = new Map(
  Object.entries({
    BertPreTokenizer: NONE,
    ByteLevel: { add_prefix_space: flag, trim_offsets: flag, use_regex: optional(flag) },
    CharDelimiterSplit: { delimiter: character },
    Digits: { individual_digits: flag },
    Metaspace: {
      replacement: character,
      add_prefix_space: optional(flag),
      prepend_scheme: optional((setting) => setting.oneOf(SCHEMES)),
      split: optional(flag),
    },
    Punctuation: { behavior: optional(behavior) },
    Sequence: {
      pretokenizers: (setting, use) => setting.items().map((part) => checkedPreTokenizer(part, use)),
    },
    Split: { pattern: checkedPattern, behavior, invert: flag },
    UnicodeScripts: NONE,
    Whitespace: NONE,
    WhitespaceSplit: NONE,
  } satisfies Record<string, Record<string, Check>>),
);

const DECODERS: Kinds = new Map(
  Object.entries({
    BPEDecoder: { suffix: shortText },
    ByteFallback: NONE,
    ByteLevel: { add_prefix_space: flag, trim_offsets: flag, use_regex: optional(flag) },
    Fuse: NONE,
    Metaspace: PRE_TOKENIZERS.get("Metaspace")!,
    Replace: REPLACE,
    Sequence: { decoders: (setting, use) => setting.items().map((part) => checkedDecoder(part, use)) },
    WordPiece: { prefix: shortText, cleanup: flag },
  } satisfies Record<string, Record<string, Check>>),
);

/**
 * A component of a `tokenizer.json` with the settings that count, when it is one that tokenizers of BERT, DistilBERT,
 * RoBERTa or XLM-RoBERTa are made of, in a form that takes time and memory in proportion to the text. Native code
 * refuses nothing that is well-formed: another component may end the process, or run for ever.
 *
 * @throws LibbertError ERR_CHECKPOINT, naming the component or the setting
 */
export function checkedNormalizer(field: JsonField, use = newUse()): TokenizerPart | null {
  const part = checkedPart(field, "normalizer", NORMALIZERS, use);
  if (part?.type === "Replace") use.growth *= growthOf(part);
  if (use.growth > MOST_GROWTH)
    throw field.wrong(`normalizers that make a text at most ${MOST_GROWTH} times longer`);
  return part;
}

/** As `checkedNormalizer`. */
export function checkedPreTokenizer(field: JsonField, use = newUse()): TokenizerPart | null {
  return checkedPart(field, "pre-tokenizer", PRE_TOKENIZERS, use);
}

/** As `checkedNormalizer`. */
export function checkedDecoder(field: JsonField, use = newUse()): TokenizerPart | null {
  return checkedPart(field, "decoder", DECODERS, use);
}

function newUse(): Use {
  return { parts: 0, growth: 1 };
}

function checkedPart(field: JsonField, what: string, kinds: Kinds, use: Use): TokenizerPart | null {
  if (field.isAbsent && use.parts === 0) return null;
  field.fields(`a ${what}`);
  if (++use.parts > MOST_PARTS) throw field.wrong(`at most ${MOST_PARTS} parts`);
  const typeField = field.at("type");
  const type = typeField.text(`the type of a ${what}`);
  const settings = kinds.get(type);
  if (settings === undefined) throw typeField.wrong(`a ${what} of type ${listed([...kinds.keys()])}`);
  const part: TokenizerPart = { type };
  for (const [name, check] of Object.entries(settings)) {
    part[name] = check(field.at(name), use);
  }
  return part;
}

function checkedPattern(setting: JsonField): unknown {
  const text = setting.at("String");
  if (text.value !== undefined) {
    if (text.text().length === 0 || text.text().length > 64) throw text.wrong("a text of 1 to 64 characters");
    return { String: text.value };
  }
  return { Regex: setting.at("Regex").oneOf(KNOWN_PATTERNS) };
}

function growthOf({ pattern, content = "" }: TokenizerPart): number {
  const { String: text } = (pattern ?? {}) as { String?: string };
  const replaced = text === undefined ? 2 : Buffer.byteLength(text); // " {2,}" takes two spaces at least
  return Math.max(1, Buffer.byteLength(content as string) / replaced);
}
