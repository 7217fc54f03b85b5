import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { openSealedJson } from "../../files/sealed-json.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import { dataError, unreadable } from "../data-error.js";

export const MANIFEST_FILE = "corpus.json";
const VERSION = 2;

/** A larger share of `[UNK]` says that the vocabulary is of another language, or of another case. */
export const MANY_UNKNOWN = 0.1;

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A file in the corpus's own folder, and nowhere else. */
const fileName = z.string().regex(/^[\w.-]+$/);

/** The vocabulary of a prepared corpus, as far as sampling needs it. */
const vocabularySchema = z.strictObject({
  /** sha256 of its pieces in the order of their ids. */
  fingerprint: z.string(),
  size: count,
  padId: count,
  unkId: count,
  clsId: count,
  sepId: count,
  maskId: count,
});

const textCounts = {
  /** Documents that have at least one token. */
  documents: count,
  /** Their sentences that have at least one. */
  sentences: count,
  /** Their tokens, without special ones, which sampling adds. */
  tokens: count,
};

/** What became of the text of one split. */
const splitCountsSchema = z.strictObject({
  ...textCounts,
  /** Of the tokens, those that are `[UNK]`. */
  unknownTokens: count,
  /** Dropped: no token was left of them. */
  emptyDocuments: count,
  /** Dropped: no token was left of them. */
  emptySentences: count,
  /** Kept: as first segments they always get a random second one. */
  singleSentenceDocuments: count,
  /** How often U+FFFD had to stand in for bytes that are not UTF-8. */
  invalidSequences: count,
});

const shardEntrySchema = z.strictObject({
  file: fileName,
  /** Of the whole file. */
  sha256,
  /** Of all but the ids, which is what opening the corpus reads. */
  indexSha256: sha256,
  ...textCounts,
});

/** How far the input was worked on: all documents before this one are in finished shards. */
const cursorSchema = z.strictObject({
  /** Index of the input file. */
  file: count,
  /** Index of the document within the file. */
  document: count,
});

const splitSchema = z.strictObject({
  shards: z.array(shardEntrySchema),
  /** Of the documents before `cursor`. */
  counts: splitCountsSchema,
  cursor: cursorSchema,
});

/** `corpus.json`: what a directory of shards holds, and how it came about. */
const manifestSchema = z.strictObject({
  version: z.literal(VERSION),
  /** Whether all of the input is in the shards. */
  complete: z.boolean(),
  vocabulary: vocabularySchema,
  /** The SHA-256 of each of the tokenizer's files. */
  tokenizer: z.record(fileName, sha256),
  /** Everything that the shards depend on, beside the vocabulary. */
  source: z.unknown(),
  splits: z.strictObject({ train: splitSchema, validation: splitSchema }),
});

export type CorpusVocabulary = z.infer<typeof vocabularySchema>;
export type SplitCounts = z.infer<typeof splitCountsSchema>;
export type ShardEntry = z.infer<typeof shardEntrySchema>;
export type Cursor = z.infer<typeof cursorSchema>;
export type CorpusManifest = z.infer<typeof manifestSchema>;
export type Split = keyof CorpusManifest["splits"];

export function newManifest(vocabulary: CorpusVocabulary, source: unknown): CorpusManifest {
  const split = (): CorpusManifest["splits"][Split] => ({
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
    tokenizer: {},
    source,
    splits: { train: split(), validation: split() },
  };
}

/**
 * The manifest of a directory, or `undefined` when it has none.
 *
 * @throws LibbertError ERR_DATA when it cannot be read, was changed, or was written by another version
 */
export function readManifest(directory: string): CorpusManifest | undefined {
  const path = join(directory, MANIFEST_FILE);
  const text = readText(path);
  if (text === undefined) return undefined;
  const version = /"version": (\d+)/.exec(text)?.[1];
  if (version !== undefined && version !== String(VERSION)) {
    const received = `version ${version}, which another version of libbert wrote: prepare the corpus again`;
    throw dataError(path, `the description of a prepared corpus, version ${VERSION},`, received);
  }
  const parsed = manifestSchema.safeParse(unsealed(text, path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw dataError(
    path,
    "the description of a prepared corpus",
    `one whose ${issue!.path.join(".") || "content"} is wrong (${issue!.message})`,
  );
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

function unsealed(text: string, path: string): unknown {
  let cause: unknown;
  try {
    const content = openSealedJson(text);
    if (content !== null) return content;
  } catch (error) {
    cause = error;
  }
  throw dataError(
    path,
    "the description of a prepared corpus as it was written",
    "one that was changed or cut short since: prepare the corpus again, or restore the file",
    { cause },
  );
}

/** What a corpus must know of its vocabulary. */
export function vocabularyOf(tokenizer: TextTokenizer): CorpusVocabulary {
  const hash = createHash("sha256");
  for (let id = 0; id < tokenizer.vocabSize; id++) hash.update(`${tokenizer.idToToken(id)}\n`);
  const { vocabSize: size, padId, unkId, clsId, sepId, maskId } = tokenizer;
  return { fingerprint: hash.digest("hex"), size, padId, unkId, clsId, sepId, maskId };
}
