import { describe } from "../errors.js";
import { isObject } from "../is-object.js";
import { fileError } from "./file-error.js";
import type { JsonField } from "./json-field.js";
import type { TokenizerJson, TokenizerKind } from "./tokenizer-json.js";

type Model = TokenizerJson["model"];

const KINDS: readonly TokenizerKind[] = ["WordPiece", "BPE", "Unigram"];
const MOST_ID = 2 ** 31 - 1;

/** WordPiece takes time with the square of it. Published models have 100, Google's first release 200. */
const LONGEST_WORD = 200;

/**
 * The model of a `tokenizer.json` with the settings that count.
 *
 * @throws LibbertError ERR_CHECKPOINT, naming the field: another kind, a wrong vocabulary, merges of what is no piece
 */
export function checkedModel(field: JsonField): Model {
  if (!isObject(field.value)) throw field.wrong("a model of type WordPiece, BPE or Unigram");
  const type = kindOf(field);
  if (type === "Unigram") return unigramModel(field);
  const vocab = checkedVocab(field.at("vocab"), type);
  return type === "WordPiece" ? wordPieceModel(field, vocab) : bpeModel(field, vocab);
}

/** The model's type, which old files do not name. */
function kindOf(field: JsonField): TokenizerKind {
  const type = field.at("type");
  if (type.value !== undefined) {
    const kind = KINDS.find((name) => name === type.value);
    if (kind === undefined) throw type.wrong("a model of type WordPiece, BPE or Unigram");
    return kind;
  }
  if (Array.isArray(field.at("vocab").value)) return "Unigram";
  if (!field.at("merges").isAbsent) return "BPE";
  if (!field.at("continuing_subword_prefix").isAbsent) return "WordPiece";
  throw field.wrong("a model of type WordPiece, BPE or Unigram");
}

function wordPieceModel(field: JsonField, vocab: Record<string, number>): Model {
  const unknown = field.at("unk_token");
  const unk_token = unknown.value === undefined ? "[UNK]" : unknown.text();
  if (!Object.hasOwn(vocab, unk_token)) throw unknown.wrong("a piece of model.vocab");
  const longest = field.at("max_input_chars_per_word");
  const prefix = field.at("continuing_subword_prefix");
  return {
    type: "WordPiece",
    unk_token,
    continuing_subword_prefix: prefix.value === undefined ? "##" : prefix.text(),
    max_input_chars_per_word: longest.value === undefined ? 100 : longest.integer(1, LONGEST_WORD),
    vocab,
  };
}

function bpeModel(field: JsonField, vocab: Record<string, number>): Model {
  const dropout = field.at("dropout");
  if (!dropout.isAbsent && dropout.value !== 0)
    throw dropout.wrong("0 or null, so that a text has one tokenization,");
  const prefix = field.at("continuing_subword_prefix");
  if (!prefix.isAbsent && prefix.value !== "") throw prefix.wrong('"" or null');
  const suffix = field.at("end_of_word_suffix");
  if (!suffix.isAbsent && suffix.text().length > 16) throw suffix.wrong("a text of at most 16 characters");
  const unknown = field.at("unk_token");
  if (!unknown.isAbsent && !Object.hasOwn(vocab, unknown.text()))
    throw unknown.wrong("a piece of model.vocab");
  return {
    type: "BPE",
    dropout: null,
    unk_token: unknown.value as string | null | undefined,
    continuing_subword_prefix: prefix.value,
    end_of_word_suffix: suffix.value,
    ...flagsOf(field, ["fuse_unk", "byte_fallback", "ignore_merges"]),
    vocab,
    merges: checkedMerges(field.at("merges"), vocab),
  };
}

function unigramModel(field: JsonField): Model {
  const pieces = field.at("vocab");
  const vocab = pieces.items("a Unigram vocabulary").map((piece) => {
    const { value } = piece;
    if (
      !Array.isArray(value) ||
      value.length !== 2 ||
      typeof value[0] !== "string" ||
      !Number.isFinite(value[1])
    ) {
      throw piece.wrong("a piece and its score");
    }
    return value as [string, number];
  });
  if (vocab.length === 0) throw pieces.wrong("a Unigram vocabulary");
  const unk_id = field.at("unk_id").integer(0, vocab.length - 1);
  return { type: "Unigram", unk_id, vocab, ...flagsOf(field, ["byte_fallback"]) };
}

function flagsOf(field: JsonField, names: readonly string[]): Record<string, boolean> {
  const given = names.map((name) => field.at(name)).filter(({ value }) => value !== undefined);
  return Object.fromEntries(given.map((flag) => [flag.name.slice("model.".length), flag.flag()]));
}

function checkedVocab(field: JsonField, type: TokenizerKind): Record<string, number> {
  const { value } = field;
  if (!isObject(value)) throw field.wrong(`a ${type} vocabulary`);
  for (const [piece, id] of Object.entries(value as Record<string, number>)) {
    if (!Number.isInteger(id) || id < 0 || id > MOST_ID) {
      throw fileError(field.source, `an id for ${describe(piece)} in ${field.name}`, field.at(piece).shown);
    }
  }
  return value as Record<string, number>;
}

/** Each merge as its two pieces; files have them so, or with a space between. */
function checkedMerges(field: JsonField, vocab: Record<string, number>): [string, string][] {
  return field.items("the merges of a BPE").map((merge) => {
    const { value } = merge;
    const parts: unknown = typeof value === "string" ? value.split(" ") : value;
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((part) => typeof part === "string")) {
      throw merge.wrong("two pieces");
    }
    const [left, right] = parts as [string, string];
    const missing = [left, right, left + right].find((piece) => !Object.hasOwn(vocab, piece));
    if (missing !== undefined)
      throw merge.wrong(`pieces of model.vocab, where ${describe(missing)} is missing,`);
    return [left, right];
  });
}
