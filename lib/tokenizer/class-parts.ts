import { describe } from "../errors.js";
import { fileError } from "./file-error.js";
import type { Frame } from "./frame.js";
import { JsonField } from "./json-field.js";
import { tokenText } from "./special-tokens.js";
import type { SpecialTokens } from "./text-layout.js";
import { isBertClass, isRobertaClass, isUnigramClass, takesOwnCase } from "./tokenizer-classes.js";
import type { TokenizerFiles } from "./tokenizer-files.js";
import { pieceIds, type TokenizerConfig, type TokenizerJson } from "./tokenizer-json.js";
import { checkUnigram } from "./unigram-class.js";

const CURE =
  '(to take the file as it stands, name the tokenizer_class "PreTrainedTokenizerFast" in tokenizer_config.json)';

/**
 * Checks that a `tokenizer.json` is the tokenizer that its class makes of the vocabulary: transformers 5 makes that,
 * transformers 4 takes the file.
 *
 * @throws LibbertError ERR_CHECKPOINT, naming the part in which they differ
 */
export function checkClass(
  json: TokenizerJson,
  files: TokenizerFiles & { frame: Frame; tokens: SpecialTokens },
): void {
  const { loadedAs, config, source, frame, tokens } = files;
  const isUnigram = isUnigramClass(loadedAs);
  const isBert = isBertClass(loadedAs);
  if (!isBert && !isUnigram && !isRobertaClass(loadedAs)) return;
  if (isUnigram) {
    checkEnds(config, tokens, source);
    checkUnigram(files.json, { loadedAs: loadedAs!, config, unk: tokens.unk, source, cure: CURE });
  } else checkParts(json, isBert ? bertParts(tokens) : ROBERTA_PARTS, files);
  if (takesOwnCase(loadedAs)) checkCase(json, files);
  const ids = pieceIds(json);
  const [cls, sep] = [ids.get(tokens.cls)!, ids.get(tokens.sep)!];
  const { open, between, close } = frame;
  const wanted = { open: [cls], between: isBert ? [sep] : [sep, sep], close: [sep] };
  if (JSON.stringify({ open, between, close }) !== JSON.stringify(wanted)) {
    const what = `the ids ${JSON.stringify(wanted)} around texts, as ${loadedAs} has them ${CURE},`;
    throw fileError(source, `${what} for post_processor`, JSON.stringify({ open, between, close }));
  }
}

function checkParts(
  json: TokenizerJson,
  parts: readonly [string, unknown][],
  { loadedAs, source }: TokenizerFiles,
): void {
  const root = new JsonField(source, "", json);
  for (const [name, value] of parts) {
    const field = name.split(".").reduce((part, key) => part.at(key), root);
    if ((field.value ?? null) !== value && !(value === null && field.value === "")) {
      throw field.wrong(`${JSON.stringify(value)}, as ${loadedAs} has it ${CURE},`);
    }
  }
}

function bertParts({ unk }: SpecialTokens): [string, unknown][] {
  return [
    ["model.type", "WordPiece"],
    ["model.unk_token", unk],
    ["model.continuing_subword_prefix", "##"],
    ["model.max_input_chars_per_word", 100],
    ["normalizer.type", "BertNormalizer"],
    ["normalizer.clean_text", true],
    ["pre_tokenizer.type", "BertPreTokenizer"],
  ];
}

const ROBERTA_PARTS: readonly [string, unknown][] = [
  ["model.type", "BPE"],
  ["model.end_of_word_suffix", null],
  ["normalizer", null],
  ["pre_tokenizer.type", "ByteLevel"],
];

/**
 * Of these classes, version 4 of transformers obeys what `tokenizer_config.json` says of case and accents; version 5 takes the
 * file, and beside a vocab.txt lowers all texts.
 */
function checkCase(
  { normalizer: asked }: TokenizerJson,
  { json: { normalizer }, loadedAs, source }: TokenizerFiles,
): void {
  for (const [field, setting] of [
    ["lowercase", "do_lower_case"],
    ["strip_accents", "strip_accents"],
    ["handle_chinese_chars", "tokenize_chinese_chars"],
  ] as const) {
    const [stored, wanted] = [normalizer?.[field] ?? null, asked?.[field] ?? null];
    if (stored === wanted) continue;
    const what = `${JSON.stringify(stored)} for ${setting} in tokenizer_config.json`;
    const why = `which ${loadedAs} of transformers 5 does not read (BertTokenizer does)`;
    throw fileError(source, `${what}, ${why},`, JSON.stringify(wanted));
  }
}

/** This class puts `bos_token` and `eos_token` around texts, in version 5 of transformers. */
function checkEnds(config: TokenizerConfig, { cls, sep }: SpecialTokens, source: string): void {
  for (const [name, token] of [
    ["bos_token", cls],
    ["eos_token", sep],
  ] as const) {
    const named = tokenText(config[name]) ?? token;
    if (named === token) continue;
    throw fileError(source, `${describe(token)} for ${name} too`, `${describe(named)} ${CURE}`);
  }
}
