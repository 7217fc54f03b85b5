import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import { dataError } from "../data-error.js";
import type { TextCounts } from "./shard.js";

export const MANIFEST_FILE = "corpus.json";
const VERSION = 1;

/** The vocabulary of a prepared corpus, as far as sampling needs it. */
export interface CorpusVocabulary {
  /** sha256 of its pieces in the order of their ids. */
  fingerprint: string;
  size: number;
  padId: number;
  unkId: number;
  clsId: number;
  sepId: number;
  maskId: number;
}

/** What became of the text of one split. */
export interface SplitCounts extends TextCounts {
  unknownTokens: number;
  /** Dropped: no token was left of them. */
  emptyDocuments: number;
  /** Dropped: no token was left of them. */
  emptySentences: number;
  /** Kept: as first segments they always get a random second one. */
  singleSentenceDocuments: number;
  /** How often U+FFFD had to stand in for bytes that are not UTF-8. */
  invalidSequences: number;
}

export interface ShardEntry extends TextCounts {
  file: string;
  sha256: string;
}

/** How far the input was worked on: all documents before this one are in finished shards. */
export interface Cursor {
  /** Index of the input file. */
  file: number;
  /** Index of the document within the file. */
  document: number;
}

export interface SplitManifest {
  shards: ShardEntry[];
  /** Of the documents before `cursor`. */
  counts: SplitCounts;
  cursor: Cursor;
}

export type Split = "train" | "validation";

/** `corpus.json`: what a directory of shards holds, and how it came about. */
export interface CorpusManifest {
  version: number;
  /** Whether all of the input is in the shards. */
  complete: boolean;
  vocabulary: CorpusVocabulary;
  /** Everything that the shards depend on, beside the vocabulary. */
  source: unknown;
  splits: Record<Split, SplitManifest>;
}

export function newManifest(vocabulary: CorpusVocabulary, source: unknown): CorpusManifest {
  const split = (): SplitManifest => ({
    shards: [],
    counts: {
      documents: 0,
      sentences: 0,
      tokens: 0,
      unknownTokens: 0,
      emptyDocuments: 0,
      emptySentences: 0,
      singleSentenceDocuments: 0,
      invalidSequences: 0,
    },
    cursor: { file: 0, document: 0 },
  });
  return {
    version: VERSION,
    complete: false,
    vocabulary,
    source,
    splits: { train: split(), validation: split() },
  };
}

/**
 * The manifest of a directory, or `undefined` when it has none.
 *
 * @throws LibbertError ERR_DATA when it cannot be read or was written by another version
 */
export function readManifest(directory: string): CorpusManifest | undefined {
  const path = join(directory, MANIFEST_FILE);
  let manifest: CorpusManifest;
  try {
    manifest = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw dataError(path, "the description of a prepared corpus", (error as Error).message, { cause: error });
  }
  if (manifest?.version === VERSION) return manifest;
  throw dataError(path, `the description of a prepared corpus, version ${VERSION}`, `${manifest?.version}`);
}

/** What a corpus must know of its vocabulary. */
export function vocabularyOf(tokenizer: TextTokenizer): CorpusVocabulary {
  const hash = createHash("sha256");
  for (let id = 0; id < tokenizer.vocabSize; id++) hash.update(`${tokenizer.idToToken(id)}\n`);
  const { vocabSize: size, padId, unkId, clsId, sepId, maskId } = tokenizer;
  return { fingerprint: hash.digest("hex"), size, padId, unkId, clsId, sepId, maskId };
}
