import { setImmediate as nextTurn } from "node:timers/promises";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { CorpusDirectory } from "./corpus-directory.js";
import { assignmentOf, type Part } from "./document-hash.js";
import { readDocuments } from "./documents.js";
import type { TextFile } from "./input-files.js";
import type { Cursor, Split, SplitCounts } from "./manifest.js";
import { sentencesOf } from "./sentences.js";
import { ShardBuilder } from "./shard-builder.js";

export interface ShardingSettings {
  /** Name of the text in an object of a .jsonl file. */
  textField: string;
  /** Take each line for one sentence. */
  sentencePerLine: boolean;
  /** Blank lines do not end a document, only the file does. */
  documentPerFile: boolean;
  validationShare: number;
  /** This machine's. */
  part: Part;
  tokensPerShard: number;
}

/** How far the work is. */
export interface PrepareProgress {
  /** Of the files as they are on disk. */
  bytes: number;
  /** Documents in the shards of both splits. */
  documents: number;
  /** Their sentences. */
  sentences: number;
  /** Their tokens, without special ones, which sampling adds. */
  tokens: number;
}

/** A document on its way to the tokenizer. */
interface PendingDocument {
  split: Split;
  /** The document behind it. */
  cursor: Cursor;
  sentences: string[];
  invalidSequences: number;
  /** Of all files, up to and with it. */
  bytes: number;
}

/** How much text is tokenized at once, in UTF-16 units: enough for all threads, little enough to stay small. */
const TEXT_PER_BATCH = 1 << 19;

const SPLITS = ["train", "validation"] as const;

/**
 * Tokenizes the documents of the files into shards, from where the directory's manifest ends. While the tokenizer's
 * threads work on one batch, the next is read and divided into sentences.
 *
 * @throws LibbertError ERR_DATA, naming file and line; ERR_RUNTIME when the disk is full; the signal's reason
 */
export async function prepareShards(
  files: readonly TextFile[],
  tokenizer: TextTokenizer,
  directory: CorpusDirectory,
  settings: ShardingSettings,
  options: { signal?: AbortSignal; onProgress?: (progress: PrepareProgress) => void },
): Promise<void> {
  const { splits } = directory.manifest;
  const writers = {
    train: new SplitWriter("train", directory, settings.tokensPerShard, tokenizer.unkId),
    validation: new SplitWriter("validation", directory, settings.tokensPerShard, tokenizer.unkId),
  };
  const cursors = { train: splits.train.cursor, validation: splits.validation.cursor };
  const batches = inBatches(readPending(files, settings, cursors, options.signal));
  for await (const { batch, encoded } of encodedAhead(batches, tokenizer)) {
    options.signal?.throwIfAborted();
    for (const [index, document] of batch.entries())
      await writers[document.split].add(document, encoded[index]!);
    const total = (name: "documents" | "sentences" | "tokens") =>
      SPLITS.reduce((sum, split) => sum + writers[split].counts[name], 0);
    options.onProgress?.({
      bytes: batch.at(-1)!.bytes,
      documents: total("documents"),
      sentences: total("sentences"),
      tokens: total("tokens"),
    });
  }
  for (const split of SPLITS) await writers[split].finish({ file: files.length, document: 0 });
  directory.manifest.complete = true;
  await directory.writeManifest();
}

/** The documents that are this machine's and not in a finished shard. */
async function* readPending(
  files: readonly TextFile[],
  settings: ShardingSettings,
  done: Record<Split, Cursor>,
  signal?: AbortSignal,
): AsyncGenerator<PendingDocument> {
  let bytesBefore = 0;
  for (const [file, textFile] of files.entries()) {
    const isDone = SPLITS.every((split) => file < done[split].file);
    let document = 0;
    for await (const raw of isDone ? [] : readDocuments(textFile, settings)) {
      signal?.throwIfAborted();
      const { lines, invalidSequences, bytesRead } = raw;
      const { isOurs, split } = assignmentOf(lines, settings.part, settings.validationShare);
      const isNew = isBefore(done[split], { file, document: ++document });
      if (!isOurs || !isNew) continue;
      const sentences = settings.sentencePerLine ? lines : await sentencesIn(lines, signal);
      yield {
        split,
        cursor: { file, document },
        sentences,
        invalidSequences,
        bytes: bytesBefore + bytesRead,
      };
    }
    bytesBefore += textFile.bytes;
  }
}

/** How long the event loop may stand still, in which a signal arrives. */
const SLICE_MS = 50;

/** The sentences of a document, however long it is. @throws the signal's reason */
async function sentencesIn(lines: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const sentences: string[] = [];
  let sliceEnd = Date.now() + SLICE_MS;
  for (const line of lines) {
    for (const sentence of sentencesOf(line)) {
      sentences.push(sentence);
      if (sentences.length % 16 !== 0 || Date.now() < sliceEnd) continue;
      await nextTurn();
      signal?.throwIfAborted();
      sliceEnd = Date.now() + SLICE_MS;
    }
  }
  return sentences;
}

function isBefore(a: Cursor, b: Cursor): boolean {
  return a.file < b.file || (a.file === b.file && a.document < b.document);
}

async function* inBatches(documents: AsyncIterable<PendingDocument>): AsyncGenerator<PendingDocument[]> {
  let batch: PendingDocument[] = [];
  let text = 0;
  for await (const document of documents) {
    batch.push(document);
    text++; // a document without text takes room, too
    for (const sentence of document.sentences) text += sentence.length;
    if (text < TEXT_PER_BATCH) continue;
    yield batch;
    batch = [];
    text = 0;
  }
  if (batch.length > 0) yield batch;
}

/** Each batch with the tokens of its documents' sentences; one is tokenized while the next is read. */
async function* encodedAhead(batches: AsyncIterable<PendingDocument[]>, tokenizer: TextTokenizer) {
  let ahead: { batch: PendingDocument[]; encoded: Promise<Int32Array[][]> } | undefined;
  const finished = async () => ({ batch: ahead!.batch, encoded: await ahead!.encoded });
  for await (const batch of batches) {
    const before = ahead && (await finished());
    const encoded = encode(batch, tokenizer);
    encoded.catch(() => {}); // whoever awaits it hears of it; nobody does when reading on fails
    ahead = { batch, encoded };
    if (before) yield before;
  }
  if (ahead) yield await finished();
}

async function encode(batch: readonly PendingDocument[], tokenizer: TextTokenizer): Promise<Int32Array[][]> {
  const encoded = await tokenizer.encodeAsText(batch.flatMap(({ sentences }) => sentences));
  let next = 0;
  return batch.map(({ sentences }) => {
    const own = encoded.slice(next, next + sentences.length);
    next += sentences.length;
    return own;
  });
}

/** Counts the documents of one split and writes them in shards. */
class SplitWriter {
  readonly counts: SplitCounts;
  readonly #builder = new ShardBuilder();

  constructor(
    readonly split: Split,
    readonly directory: CorpusDirectory,
    readonly tokensPerShard: number,
    readonly unkId: number,
  ) {
    this.counts = { ...directory.manifest.splits[split].counts };
  }

  async add({ cursor, invalidSequences }: PendingDocument, sentences: readonly Int32Array[]): Promise<void> {
    const kept = sentences.filter((ids) => ids.length > 0);
    const { counts } = this;
    counts.invalidSequences += invalidSequences;
    counts.emptySentences += sentences.length - kept.length;
    if (kept.length === 0) {
      counts.emptyDocuments++;
      return;
    }
    counts.documents++;
    counts.sentences += kept.length;
    if (kept.length === 1) counts.singleSentenceDocuments++;
    for (const ids of kept) {
      counts.tokens += ids.length;
      for (const id of ids) if (id === this.unkId) counts.unknownTokens++;
    }
    this.#builder.addDocument(kept);
    if (this.#builder.counts.tokens >= this.tokensPerShard) await this.#write(cursor);
  }

  /** Writes what is left. */
  async finish(cursor: Cursor): Promise<void> {
    if (this.#builder.counts.documents > 0) await this.#write(cursor);
    const split = this.directory.manifest.splits[this.split];
    this.directory.manifest.splits[this.split] = { ...split, counts: this.counts, cursor };
  }

  async #write(cursor: Cursor): Promise<void> {
    await this.directory.addShard(this.split, this.#builder.take(), this.counts, cursor);
  }
}
