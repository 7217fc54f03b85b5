import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "../errors.js";
import { readModelText } from "../files/regular-file.js";
import { fileError } from "./file-error.js";
import { namedTokens } from "./special-tokens.js";
import type { SpecialTokens, TextLayout } from "./text-layout.js";
import { isInPythonAlone, textLayoutOf } from "./tokenizer-classes.js";
import {
  pieceIds,
  type TokenizerConfig,
  type TokenizerJson,
  type TokenizerKind,
  wordPieceJson,
} from "./tokenizer-json.js";

/** A tokenizer as its files describe it. */
export interface TokenizerFiles {
  json: TokenizerJson;
  config: TokenizerConfig;
  /** What the files leave open. */
  layout: TextLayout;
  /** What errors call the place that the vocabulary came from. */
  source: string;
}

/** Vocabularies that only Python makes a `tokenizer.json` of. */
const OTHER_VOCABULARIES = [
  "vocab.json",
  "merges.txt",
  "sentencepiece.bpe.model",
  "spiece.model",
  "bpe.codes",
];

/**
 * Reads `tokenizer.json`, or where there is none `vocab.txt`; and, where they are there, `tokenizer_config.json`,
 * `special_tokens_map.json` for what that does not say, and the tokenizer's class in `config.json`.
 *
 * @throws LibbertError ERR_CHECKPOINT, naming the file: neither is there, one is damaged, or a tokenizer of another kind
 */
export async function readTokenizerFiles(directory: string, defaults: TextLayout): Promise<TokenizerFiles> {
  const config = await readConfig(directory);
  const layout = textLayoutOf(config, defaults);
  const jsonPath = join(directory, "tokenizer.json");
  const json = await readJson(jsonPath);
  if (json !== undefined) return { json: checkedJson(json, jsonPath), config, layout, source: jsonPath };

  const source = join(directory, "vocab.txt");
  const vocab = readModelText(source);
  if (vocab === undefined) throw await noVocabulary(directory);
  const { unk } = namedTokens(config, layout.specialTokens);
  return { json: wordPieceJson(checkedPieces(piecesOf(vocab), source), unk), config, layout, source };
}

async function readConfig(directory: string): Promise<TokenizerConfig> {
  const read = async (name: string) => ((await readJson(join(directory, name))) ?? {}) as TokenizerConfig;
  const config = { ...(await read("special_tokens_map.json")), ...(await read("tokenizer_config.json")) };
  const { tokenizer_class } = await read("config.json"); // counts where the tokenizer's own file names none
  const withClass =
    config.tokenizer_class == null && tokenizer_class ? { ...config, tokenizer_class } : config;
  if (isInPythonAlone(withClass)) {
    const file = withClass === config ? "tokenizer_config.json" : "config.json";
    const { word_tokenizer_type: words } = withClass;
    const received = `${withClass.tokenizer_class}${words ? ` (word_tokenizer_type ${words})` : ""}`;
    throw fileError(join(directory, file), "a tokenizer_class that is not written in Python alone", received);
  }
  return withClass;
}

async function noVocabulary(directory: string): Promise<Error> {
  const names = await readdir(directory).catch((): string[] => []);
  const found = OTHER_VOCABULARIES.filter((name) => names.includes(name)).join(" and ");
  const cure =
    "To fix it, let Python write a tokenizer.json: " +
    "AutoTokenizer.from_pretrained(directory).save_pretrained(directory)";
  const received = found === "" ? "a directory without them" : `${found} alone. ${cure}`;
  return fileError(directory, "a tokenizer.json or a vocab.txt", received);
}

/** Writes `vocab.txt`: a piece a line, in the order of the ids. */
export async function writeVocab(directory: string, vocab: Record<string, number>): Promise<void> {
  const pieces: string[] = [];
  for (const [piece, id] of Object.entries(vocab)) pieces[id] = piece;
  await writeFile(join(directory, "vocab.txt"), `${pieces.join("\n")}\n`);
}

export async function writeConfig(directory: string, config: TokenizerConfig): Promise<void> {
  await writeFile(join(directory, "tokenizer_config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

/** `pieces` when each is there once: an id is a place in the list. */
export function checkedPieces(pieces: readonly string[], source: string): readonly string[] {
  const lineOf = new Map<string, number>();
  for (const [id, piece] of pieces.entries()) {
    const earlier = lineOf.get(piece);
    if (earlier !== undefined) {
      throw fileError(source, "distinct pieces", `${describe(piece)} on lines ${earlier} and ${id + 1}`);
    }
    lineOf.set(piece, id + 1);
  }
  return pieces;
}

/** @throws LibbertError ERR_CHECKPOINT when `json` has no piece for one of `tokens` */
export function checkSpecialTokens(json: TokenizerJson, tokens: SpecialTokens, source: string): void {
  const ids = pieceIds(json);
  for (const token of Object.values(tokens)) {
    if (!ids.has(token)) throw fileError(source, `the special token ${token} in the vocabulary`, "none");
  }
}

function piecesOf(vocab: string): string[] {
  return vocab.replace(/[\r\n]+$/, "").split(/\r?\n/);
}

function checkedJson(json: unknown, path: string): TokenizerJson {
  const { model } = (json ?? {}) as Partial<TokenizerJson>;
  const type = model && kindOf(model);
  if (type === undefined) {
    const received = describe(model && (model.type ?? model));
    throw fileError(path, "a model of type WordPiece, BPE or Unigram", received);
  }
  const checked = { ...(json as TokenizerJson), model: { ...model!, type } };
  const { vocab } = checked.model;
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab) !== (type === "Unigram")) {
    throw fileError(path, `a ${type} vocabulary in model.vocab`, describe(vocab));
  }
  const ids = pieceIds(checked);
  const known = new Set(ids.values());
  for (let id = 0; id < ids.size; id++) {
    if (!known.has(id)) throw fileError(path, `a piece for every id below ${ids.size}`, `none for ${id}`);
  }
  return checked;
}

/** The model's type, which old files do not name. */
function kindOf(model: Partial<TokenizerJson["model"]>): TokenizerKind | undefined {
  const kinds: readonly TokenizerKind[] = ["WordPiece", "BPE", "Unigram"];
  if (model.type !== undefined) return kinds.find((kind) => kind === model.type);
  if (Array.isArray(model.vocab)) return "Unigram";
  if (model.merges) return "BPE";
  return "continuing_subword_prefix" in model ? "WordPiece" : undefined;
}

async function readJson(path: string): Promise<unknown> {
  const text = readModelText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fileError(path, "JSON", `something else (${(error as Error).message})`, { cause: error });
  }
}
