import { closeSync, openSync } from "node:fs";
import {
  SafetensorsReader,
  type StoredTensor,
  type TensorToStore,
  writeSafetensors,
} from "../../files/safetensors.js";
import { dataError } from "../data-error.js";
import { OffsetTable } from "./offset-table.js";
import { readExactly } from "./read-exactly.js";

/** How much text there is. */
export interface TextCounts {
  documents: number;
  sentences: number;
  tokens: number;
}

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

/** An open shard. Nothing of it is in memory but two windows of 2 KiB; tokens are read on request. */
export class CorpusShard implements Disposable, TextCounts {
  readonly documents: number;
  readonly sentences: number;
  readonly tokens: number;
  readonly #file: number;
  #isOpen = true;
  readonly #idsStart: number;
  readonly #sentenceOffsets: OffsetTable;
  readonly #documentOffsets: OffsetTable;

  /**
   * @param fingerprint of the vocabulary that the shard must be made with
   * @throws LibbertError ERR_CHECKPOINT or ERR_DATA, naming the file: it is missing, cut short, no shard, or made
   *   with another vocabulary
   */
  constructor(
    readonly path: string,
    fingerprint: string,
  ) {
    using reader = new SafetensorsReader(path);
    const { vocabulary } = reader.metadata;
    if (vocabulary !== fingerprint) {
      throw dataError(path, `a shard of the vocabulary ${fingerprint}`, `one of ${vocabulary ?? "none"}`);
    }
    const ids = tensorOf(reader, "ids", "int32");
    const sentences = tensorOf(reader, "sentence_offsets", "int64");
    const documents = tensorOf(reader, "document_offsets", "int64");
    this.tokens = ids.shape[0]!;
    this.sentences = sentences.shape[0]! - 1;
    this.documents = documents.shape[0]! - 1;
    this.#file = openSync(path, "r");
    this.#idsStart = ids.start;
    this.#sentenceOffsets = new OffsetTable(this.#file, path, sentences.start, this.sentences + 1);
    this.#documentOffsets = new OffsetTable(this.#file, path, documents.start, this.documents + 1);
  }

  /** The first token of a sentence; of sentence number `sentences`, the end of the tokens. */
  sentenceStart(sentence: number): number {
    return this.#sentenceOffsets.at(sentence);
  }

  /** The first sentence of a document; of document number `documents`, the end of the sentences. */
  documentStart(document: number): number {
    return this.#documentOffsets.at(document);
  }

  /** Copies `count` tokens from token `start` on to `target`, from `offset` on. */
  readTokens(start: number, count: number, target: Int32Array, offset: number): void {
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

function tensorOf(reader: SafetensorsReader, name: string, dtype: "int32" | "int64"): StoredTensor {
  const tensor = reader.tensors.get(name);
  if (tensor?.dtype === dtype && tensor.shape.length === 1) return tensor;
  throw dataError(reader.path, `a shard with ${name} as a list of ${dtype}`, "none");
}
