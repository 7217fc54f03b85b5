import { join } from "node:path";
import { describe } from "../errors.js";
import { isObject } from "../is-object.js";
import { type DeclaredToken, type DeclaredTokens, declaredToken, namedToken } from "./added-tokens.js";
import { fileError } from "./file-error.js";
import { isNested, JsonField } from "./json-field.js";
import { readJson } from "./read-file.js";
import { tokenText } from "./special-tokens.js";
import { classOfFamily, isSupported } from "./tokenizer-classes.js";
import type { TokenizerConfig } from "./tokenizer-json.js";

/** The uses of special tokens that transformers knows, in its order. */
const USES = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] as const;

/** Python's reader gives up before twice as many. */
const MOST_LEVELS = 500;

const FLAGS = [
  "do_lower_case",
  "tokenize_chinese_chars",
  "strip_accents",
  "add_prefix_space",
  "trim_offsets",
];

/** What the files beside the vocabulary say. */
export interface TokenizerSettings {
  config: TokenizerConfig;
  declared: DeclaredTokens;
  /** The class that transformers loads the tokenizer with: the named one, else that of the model's family. */
  loadedAs: string | undefined;
  /** `tokenizer_config.json` as it is. */
  own: JsonField;
}

/**
 * Reads `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json`, and the classes in `config.json`.
 * As in transformers, the second counts only where the first has no `added_tokens_decoder`, and counts before it.
 *
 * @throws LibbertError ERR_CHECKPOINT, naming file and field: what is wrong, or what libbert does not do
 */
export function readTokenizerConfig(directory: string): TokenizerSettings {
  const read = (name: string) => {
    const path = join(directory, name);
    const field = readJson(path) ?? new JsonField(path, "", {});
    field.fields();
    if (isNested(field.value, MOST_LEVELS)) throw field.wrong(`at most ${MOST_LEVELS} levels of nesting`);
    return field;
  };
  const own = read("tokenizer_config.json");
  const model = read("config.json");
  const fields = new Map(own.fields());
  const decoder = own.at("added_tokens_decoder");
  const legacy = decoder.isAbsent;
  const map = legacy ? read("special_tokens_map.json") : new JsonField(own.source, "", {});
  for (const [name, field] of map.fields()) fields.set(name, field);

  checkSettings(own);
  const tokenizerClass = checkedClass(own, model);
  const extra = extraTokensIn(own, map);
  const withIds = legacy ? addedIds(read("added_tokens.json"), fields, extra) : decodedTokens(decoder);
  const listed = [...extra.listed, ...extra.additional].map((field) =>
    declaredToken(field, { special: true }),
  );
  const flagsOf = new Map(withIds.map((token) => [token.content, token]));
  return {
    config: {
      ...configOf(fields, listed),
      tokenizer_class: tokenizerClass,
      model_max_length: maxLength(own),
    },
    declared: { withIds, named: namedTokensIn(fields, flagsOf), extra: listed },
    own,
    loadedAs: tokenizerClass ?? classOfFamily(model.at("model_type").value),
  };
}

/** The config as it is saved: with tokens as texts, since `added_tokens_decoder` has their settings. */
function configOf(
  fields: ReadonlyMap<string, JsonField>,
  extra: readonly DeclaredToken[],
): Omit<TokenizerConfig, "tokenizer_class" | "model_max_length"> {
  const entries = [...fields].map(([name, { value }]) => [
    name,
    name.endsWith("_token") ? (tokenText(value) ?? value) : value,
  ]);
  const config = Object.fromEntries(entries);
  if (Array.isArray(config.extra_special_tokens)) delete config.extra_special_tokens;
  delete config.additional_special_tokens;
  if (extra.length > 0) config.additional_special_tokens = extra.map(({ content }) => content);
  return config;
}

/** Settings that must be of a type, or that libbert obeys one value of. */
function checkSettings(config: JsonField): void {
  for (const name of FLAGS) if (!config.at(name).isAbsent) config.at(name).flag();
  const inputs = config.at("model_input_names");
  if (!inputs.isAbsent) for (const input of inputs.items("a list of names")) input.text("a name");
  const side = config.at("truncation_side");
  if (!side.isAbsent) side.oneOf(["right", "left"]);
  const split = config.at("split_special_tokens");
  if (!split.isAbsent && split.flag()) {
    throw split.wrong("false, since special tokens in a text stay whole,");
  }
}

/** The class that `tokenizer_config.json` names, else `config.json`. */
function checkedClass(config: JsonField, model: JsonField): string | undefined {
  const field = config.at("tokenizer_class").isAbsent
    ? model.at("tokenizer_class")
    : config.at("tokenizer_class");
  if (field.isAbsent) return undefined;
  const name = field.text("the name of a class");
  const words = config.at("word_tokenizer_type");
  if (isSupported(name)) return name;
  const shown = describe(name).slice(1, -1);
  const received = words.isAbsent ? shown : `${shown} (word_tokenizer_type ${words.shown})`;
  throw fileError(
    field.source,
    "a tokenizer_class of BERT, DistilBERT, ELECTRA, RoBERTa, XLM-RoBERTa or CamemBERT",
    `${received}. If a tokenizer.json beside it does all that this class does, name the class ` +
      "PreTrainedTokenizerFast, which takes that file as it stands",
  );
}

function maxLength(config: JsonField): number | undefined {
  const [length, oldName] = [config.at("model_max_length"), config.at("max_len")];
  const field = length.isAbsent ? oldName : length;
  return field.isAbsent ? undefined : field.integer(1, Number.MAX_VALUE); // transformers writes 1e30 for no limit
}

function decodedTokens(decoder: JsonField): DeclaredToken[] {
  return decoder.fields("an object of ids and tokens").map(([id, field]) => {
    if (!/^\d{1,9}$/.test(id)) throw field.wrong("an id as the name of the field");
    if (!isObject(field.value)) throw field.wrong("an object with the token's content");
    return { ...declaredToken(field), id: Number(id) };
  });
}

/** The tokens of `added_tokens.json`, which has no more than their ids. */
function addedIds(
  file: JsonField,
  fields: ReadonlyMap<string, JsonField>,
  { listed }: ExtraTokens,
): DeclaredToken[] {
  const uses = USES.map((use) => fields.get(`${use}_token`)?.value);
  const special = new Set([...uses, ...listed.map(({ value }) => value)].map(contentOf));
  return file.fields().map(([content, field]) => {
    const isSpecial = special.has(content);
    const token = { ...namedToken(content, file.source), special: isSpecial, normalized: !isSpecial };
    return { ...token, id: field.integer(0, 2 ** 31 - 1) };
  });
}

/** The tokens that have a use; one that is declared elsewhere, too, has the settings that it has there. */
function namedTokensIn(
  fields: ReadonlyMap<string, JsonField>,
  flagsOf: ReadonlyMap<string, DeclaredToken>,
): DeclaredToken[] {
  const withFlags = (token: DeclaredToken) => {
    const { id: _, ...known } = flagsOf.get(token.content) ?? token;
    return { ...known, special: true };
  };
  const named = USES.map((use) => fields.get(`${use}_token`)).filter((field) => field && !field.isAbsent);
  const tokens = named.map((field) => withFlags(declaredToken(field!, { special: true })));
  const others = [...fields].filter(([name, { value }]) => isOtherUse(name, value)).map(([, field]) => field);
  const extra = fields.get("extra_special_tokens");
  if (extra !== undefined && isObject(extra.value)) others.push(...extra.fields().map(([, field]) => field));
  return [...tokens, ...others.map((field) => ({ ...declaredToken(field), special: true }))];
}

/** Whether a field is a special token of the model's own, such as `entity_token`. */
function isOtherUse(name: string, value: unknown): boolean {
  if (!name.endsWith("_token") || USES.some((use) => name === `${use}_token`)) return false;
  return typeof value === "string" || (isObject(value) && value.__type === "AddedToken");
}

interface ExtraTokens {
  /** By the name that transformers 5 has for the list. */
  listed: JsonField[];
  /** By the older name, where that list is not there. */
  additional: JsonField[];
}

/** The lists of special tokens of the two files, of which transformers reads the first that is there. */
function extraTokensIn(own: JsonField, map: JsonField): ExtraTokens {
  const [extra, additional] = [own.at("extra_special_tokens"), own.at("additional_special_tokens")];
  const later = tokensIn(map.at("extra_special_tokens"));
  const latest = map.at("additional_special_tokens");
  const hasUses = isObject(extra.value); // an object gives tokens uses
  const isEmpty = extra.isAbsent || Object.keys(extra.value as object).length === 0;
  if (isEmpty && additional.value !== undefined)
    return { listed: [...tokensIn(additional), ...later], additional: [] };
  if (extra.value !== undefined && !hasUses)
    return { listed: [...tokensIn(extra), ...later], additional: [] };
  if (later.length > 0) return { listed: later, additional: [] };
  return {
    listed: [],
    additional: tokensIn(latest.isAbsent ? additional : latest),
  };
}

function tokensIn(field: JsonField): JsonField[] {
  const hasUses = isObject(field.value) && field.name === "extra_special_tokens";
  return field.isAbsent || hasUses ? [] : field.items("a list of tokens");
}

function contentOf(value: unknown): unknown {
  return isObject(value) ? value.content : value;
}

/**
 * Settings that Python's own tokenizer obeys and the fast one of transformers does not. Where there is a
 * `tokenizer.json`, that says what is done.
 *
 * @param whole tokens that are never split anyway
 */
export function refusePythonSettings(config: JsonField, whole: ReadonlySet<string>): void {
  const cure = "(to do without it, let Python write a tokenizer.json)";
  const basic = config.at("do_basic_tokenize");
  if (!basic.isAbsent && !basic.flag()) throw basic.wrong(`true ${cure}`);
  const kept = config.at("never_split");
  if (!kept.isAbsent) {
    for (const word of kept.items("a list of words")) {
      if (!whole.has(word.text())) throw word.wrong(`a special token ${cure}`);
    }
  }
  for (const [name, known] of [
    ["word_tokenizer_type", "basic"],
    ["subword_tokenizer_type", "wordpiece"],
  ] as const) {
    if (!config.at(name).isAbsent) config.at(name).oneOf([known]);
  }
}
