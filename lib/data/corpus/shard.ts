import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync } from "node:fs";
import {
  SafetensorsReader,
  type StoredTensor,
  type TensorToStore,
  writeSafetensors,
} from "../../files/safetensors.js";
import { dataError } from "../data-error.js";
import { type ByteRange, digestOfFile, digestRange, withFile } from "./file-digest.js";
import type { CorpusVocabulary, ShardEntry } from "./manifest.js";
import { OffsetTable } from "./offset-table.js";
import { readExactly } from "./read-exactly.js";
import { type CheckedShard, changedShard, ensureIntact, newCheckState } from "./shard-check.js";

/** How much text there is. */
export type TextCounts = Pick<ShardEntry, "documents" | "sentences" | "tokens">;

/** A shard's content in memory. */
export interface ShardContent {
  ids: Int32Array; // [tokens]
  /** Where each sentence starts in `ids`, and at the end the number of tokens. */
  sentenceOffsets: ArrayLike<number>; // [sentences + 1]
  /** Where each document starts among the sentences, and at the end their number. */
  documentOffsets: ArrayLike<number>; // [documents + 1]
}

const BYTES_PER_ID = 4;

/** Writes a shard: `ids` (int32), `sentence_offsets` and `document_offsets` (int64). */
export function writeShard(path: string, content: ShardContent, fingerprint: string): void {
  const { ids, sentenceOffsets, documentOffsets } = content;
  const offsets = (values: ArrayLike<number>): TensorToStore => ({
    dtype: "int64",
    shape: [values.length],
    bytes: () => int64Bytes(values),
  });
  const tensors = new Map<string, TensorToStore>([
    ["ids", { dtype: "int32", shape: [ids.length], bytes: () => bytesOf(ids) }],
    ["sentence_offsets", offsets(sentenceOffsets)],
    ["document_offsets", offsets(documentOffsets)],
  ]);
  writeSafetensors(path, tensors, {
    vocabulary: fingerprint,
    documents: String(documentOffsets.length - 1),
    sentences: String(sentenceOffsets.length - 1),
    tokens: String(ids.length),
  });
}

function bytesOf(array: Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function int64Bytes(values: ArrayLike<number>): Uint8Array {
  const words = new Uint32Array(2 * values.length); // little-endian: the low word comes first
  for (let index = 0; index < values.length; index++) {
    words[2 * index] = values[index]!;
    words[2 * index + 1] = Math.floor(values[index]! / 2 ** 32);
  }
  return bytesOf(words);
}

/** What the manifest says of a shard that was written just now. */
export function shardEntry(path: string, file: string): ShardEntry {
  using reader = new SafetensorsReader(path);
  const { ids, sentences, documents } = partsOf(reader);
  return {
    file,
    sha256: digestOfFile(path),
    indexSha256: withFile(path, (open) => digestOfIndex(open, path, rangeOf(ids))),
    documents: lengthOf(documents) - 1,
    sentences: lengthOf(sentences) - 1,
    tokens: lengthOf(ids),
  };
}

/** The SHA-256 of all but the ids: of the header and the offsets. */
function digestOfIndex(file: number, path: string, [idsStart, idsEnd]: ByteRange): string {
  const hash = createHash("sha256");
  digestRange(hash, file, path, [0, idsStart]);
  digestRange(hash, file, path, [idsEnd, fstatSync(file).size]);
  return hash.digest("hex");
}

/**
 * An open shard. Nothing of it is in memory but two windows of 2 KiB; tokens are read on request. Header and offsets are
 * checked when it is opened, ids before the first of them is read, or by whoever is given `check` before that.
 */
export class CorpusShard implements Disposable, TextCounts {
  readonly documents: number;
  readonly sentences: number;
  readonly tokens: number;
  /** How many documents have more than one sentence. */
  readonly longerDocuments: number;
  readonly check: CheckedShard;
  readonly #file: number;
  #isOpen = true;
  #isIntact = false;
  readonly #idsStart: number;
  readonly #sentenceOffsets: OffsetTable;
  readonly #documentOffsets: OffsetTable;

  /**
   * @param entry what the manifest says of it
   * @param vocabulary that it must be made with
   * @throws LibbertError ERR_CHECKPOINT or ERR_DATA, naming the file: it is missing, cut short, no shard, made with
   *   another vocabulary, or its header or offsets are not what was written
   */
  constructor(
    readonly path: string,
    entry: ShardEntry,
    { fingerprint, size: vocabularySize }: CorpusVocabulary,
  ) {
    using reader = new SafetensorsReader(path);
    const { vocabulary } = reader.metadata;
    if (vocabulary !== fingerprint) {
      throw dataError(path, `a shard of the vocabulary ${fingerprint}`, `one of ${vocabulary ?? "none"}`);
    }
    const { ids, sentences, documents } = partsOf(reader);
    this.tokens = lengthOf(ids);
    this.sentences = lengthOf(sentences) - 1;
    this.documents = lengthOf(documents) - 1;
    for (const count of ["documents", "sentences", "tokens"] as const)
      if (this[count] !== entry[count])
        throw dataError(path, `${entry[count]} ${count}, as corpus.json has it,`, String(this[count]));
    const state = newCheckState();
    this.check = { path, sha256: entry.sha256, ids: rangeOf(ids), vocabularySize, state };
    this.#idsStart = ids.start;
    this.#file = openSync(path, "r");
    try {
      if (digestOfIndex(this.#file, path, rangeOf(ids)) !== entry.indexSha256) throw changedShard(path);
      this.#sentenceOffsets = new OffsetTable(this.#file, path, sentences.start, this.sentences + 1);
      this.#documentOffsets = new OffsetTable(this.#file, path, documents.start, this.documents + 1);
      this.#sentenceOffsets.checkRise("sentence_offsets", this.tokens);
      this.longerDocuments = this.#documentOffsets.checkRise("document_offsets", this.sentences);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** The first token of a sentence; of sentence number `sentences`, the end of the tokens. */
  sentenceStart(sentence: number): number {
    return this.#sentenceOffsets.at(sentence);
  }

  /** The first sentence of a document; of document number `documents`, the end of the sentences. */
  documentStart(document: number): number {
    return this.#documentOffsets.at(document);
  }

  /**
   * Copies `count` tokens from token `start` on to `target`, from `offset` on.
   *
   * @throws LibbertError ERR_DATA, naming the file, when it is not what was written
   */
  readTokens(start: number, count: number, target: Int32Array, offset: number): void {
    if (!this.#isIntact) ensureIntact(this.check);
    this.#isIntact = true;
    const bytes = new Uint8Array(
      target.buffer,
      target.byteOffset + offset * BYTES_PER_ID,
      count * BYTES_PER_ID,
    );
    readExactly(this.#file, this.path, bytes, 0, bytes.length, this.#idsStart + start * BYTES_PER_ID);
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}

function partsOf(reader: SafetensorsReader) {
  return {
    ids: tensorOf(reader, "ids", "int32"),
    sentences: tensorOf(reader, "sentence_offsets", "int64"),
    documents: tensorOf(reader, "document_offsets", "int64"),
  };
}

function tensorOf(reader: SafetensorsReader, name: string, dtype: "int32" | "int64"): StoredTensor {
  const tensor = reader.tensors.get(name);
  if (tensor?.dtype === dtype && tensor.shape.length === 1) return tensor;
  throw dataError(reader.path, `a shard with ${name} as a list of ${dtype}`, "none");
}

function lengthOf({ shape }: StoredTensor): number {
  return shape[0]!;
}

function rangeOf({ start, end }: StoredTensor): ByteRange {
  return [start, end];
}
