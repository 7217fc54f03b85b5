import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, LibbertError } from "../errors.js";
import { type TokenizerConfig, type TokenizerJson, wordPieceJson } from "./tokenizer-json.js";

/** A tokenizer as its files describe it. */
export interface TokenizerFiles {
  json: TokenizerJson;
  config: TokenizerConfig;
  /** What errors call the place that the vocabulary came from. */
  source: string;
}

/**
 * Reads `tokenizer.json`, or where there is none `vocab.txt`, and `tokenizer_config.json` where there is one.
 *
 * @throws LibbertError ERR_CHECKPOINT, naming the file: neither is there, or one is damaged
 */
export async function readTokenizerFiles(directory: string): Promise<TokenizerFiles> {
  const config = ((await readJson(join(directory, "tokenizer_config.json"))) ?? {}) as TokenizerConfig;
  const jsonPath = join(directory, "tokenizer.json");
  const json = await readJson(jsonPath);
  if (json !== undefined) return { json: checkedJson(json, jsonPath), config, source: jsonPath };

  const vocabPath = join(directory, "vocab.txt");
  const vocab = await readText(vocabPath);
  if (vocab === undefined) {
    throw fileError(directory, "a tokenizer.json or a vocab.txt", "a directory without them");
  }
  return { json: wordPieceJson(checkedPieces(piecesOf(vocab), vocabPath)), config, source: vocabPath };
}

/** Writes the two files beside `tokenizer.json`: the vocabulary, a piece a line, and the settings. */
export async function writeVocabAndConfig(
  directory: string,
  pieces: readonly string[],
  config: TokenizerConfig,
): Promise<void> {
  await writeFile(join(directory, "vocab.txt"), `${pieces.join("\n")}\n`);
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

/** @throws LibbertError ERR_CHECKPOINT when the vocabulary of `json` lacks one of `tokens` */
export function checkSpecialTokens(json: TokenizerJson, tokens: readonly string[], source: string): void {
  const added = new Set(json.added_tokens?.map((token) => token.content));
  for (const token of tokens) {
    if (Object.hasOwn(json.model.vocab, token) || added.has(token)) continue;
    throw fileError(source, `the special token ${token} in the vocabulary`, "none");
  }
}

/** The one sentence for a bad file: `<path>: Expected <what> but received <received>`. */
export function fileError(
  path: string,
  what: string,
  received: string,
  options?: ErrorOptions,
): LibbertError {
  return new LibbertError("ERR_CHECKPOINT", `${path}: Expected ${what} but received ${received}`, options);
}

function piecesOf(vocab: string): string[] {
  return vocab.replace(/[\r\n]+$/, "").split(/\r?\n/);
}

function checkedJson(json: unknown, path: string): TokenizerJson {
  const vocab = (json as Partial<TokenizerJson> | null)?.model?.vocab;
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab)) {
    throw fileError(path, "a WordPiece vocabulary in model.vocab", describe(vocab));
  }
  const ids = new Set(Object.values(vocab));
  const pieces = Object.keys(vocab).length;
  for (let id = 0; id < pieces; id++) {
    if (!ids.has(id)) throw fileError(path, `a piece for every id below ${pieces}`, `none for ${id}`);
  }
  return json as TokenizerJson;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fileError(path, "JSON", `something else (${(error as Error).message})`, { cause: error });
  }
}

/** The file's text, or `undefined` when there is no such file. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fileError(path, "a readable file", (error as Error).message, { cause: error });
  }
}
