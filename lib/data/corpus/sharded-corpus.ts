import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dataError } from "../data-error.js";
import { checkTokenizer } from "./corpus-directory.js";
import { type CorpusVocabulary, MANIFEST_FILE, readManifest, type Split } from "./manifest.js";
import { CorpusShard, type TextCounts } from "./shard.js";

/** Where a document's sentences are. */
export interface CorpusDocument {
  shard: CorpusShard;
  /** Its first sentence, counted within the shard. */
  firstSentence: number;
  sentences: number;
}

const PART = /^part-(\d+)-of-(\d+)$/;

/**
 * A prepared corpus, open for reading. Documents have indices from 0; sentences and tokens are read from disk on
 * request, so that memory does not grow with the corpus: 4 KiB a shard, nothing a document, sentence or token.
 */
export class ShardedCorpus implements Disposable, TextCounts {
  readonly documents: number;
  readonly sentences: number;
  readonly tokens: number;
  /** How many documents have more than one sentence. */
  readonly longerDocuments: number;
  readonly #firstDocuments: number[] = []; // of each shard
  #recent = 0; // shard of the document asked for last

  private constructor(
    readonly vocabulary: CorpusVocabulary,
    /** Where the files of the corpus's tokenizer are. */
    readonly tokenizerDirectory: string,
    readonly shards: readonly CorpusShard[],
    /** The SHA-256 of each shard's file, as the manifest has it: what tells this text from any other. */
    readonly checksums: readonly string[],
    /** How many tokens are `[UNK]`. */
    readonly unknownTokens: number,
  ) {
    let documents = 0;
    for (const shard of shards) {
      this.#firstDocuments.push(documents);
      documents += shard.documents;
    }
    this.documents = documents;
    const total = (count: "sentences" | "tokens" | "longerDocuments") =>
      shards.reduce((sum, shard) => sum + shard[count], 0);
    this.sentences = total("sentences");
    this.tokens = total("tokens");
    this.longerDocuments = total("longerDocuments");
  }

  /**
   * Opens what `prepareCorpus` wrote: a directory with a `corpus.json`, or one that holds all the parts
   * (`part-1-of-4` ...) that several machines wrote.
   *
   * @param options.split which share of the documents. Default: "train"
   * @param options.fingerprint of the vocabulary that the corpus must be made with. Default: any
   * @throws LibbertError ERR_DATA or ERR_CHECKPOINT, naming the file: no prepared corpus, one that is not finished,
   *   a missing part, a file that is missing, cut short or changed, a shard of another vocabulary. Of a shard, header
   *   and offsets are checked now, ids before the first is read
   */
  static open(directory: string, options: { split?: Split; fingerprint?: string } = {}): ShardedCorpus {
    const { split = "train", fingerprint } = options;
    const shards: CorpusShard[] = [];
    const checksums: string[] = [];
    try {
      const parts = partsOf(directory).map((part) => ({ part, ...finishedManifest(part) }));
      const { part: tokenizerDirectory, vocabulary } = parts[0]!;
      for (const { part, splits, vocabulary: own, tokenizer } of parts) {
        checkTokenizer(part, tokenizer);
        checkFingerprint(part, own.fingerprint, fingerprint ?? vocabulary.fingerprint);
        for (const entry of splits[split].shards) {
          shards.push(new CorpusShard(join(part, entry.file), entry, own));
          checksums.push(entry.sha256);
        }
      }
      const unknown = parts.reduce((sum, { splits }) => sum + splits[split].counts.unknownTokens, 0);
      return new ShardedCorpus(vocabulary, tokenizerDirectory, shards, checksums, unknown);
    } catch (error) {
      for (const shard of shards) shard[Symbol.dispose]();
      throw error;
    }
  }

  /** Where document `index`, 0 to `documents - 1`, is. */
  document(index: number): CorpusDocument {
    const shardIndex = this.#shardOf(index);
    const shard = this.shards[shardIndex]!;
    const within = index - this.#firstDocuments[shardIndex]!;
    const firstSentence = shard.documentStart(within);
    return { shard, firstSentence, sentences: shard.documentStart(within + 1) - firstSentence };
  }

  /** [vocabulary size], 1 for the pieces that go on with a word (`##ing`). */
  continuingPieces(): Uint8Array {
    const pieces = readFileSync(join(this.tokenizerDirectory, "vocab.txt"), "utf8").split("\n");
    return Uint8Array.from({ length: this.vocabulary.size }, (_, id) => Number(pieces[id]!.startsWith("##")));
  }

  [Symbol.dispose](): void {
    for (const shard of this.shards) shard[Symbol.dispose]();
  }

  #shardOf(document: number): number {
    const firsts = this.#firstDocuments;
    let low = this.#recent;
    if (document < firsts[low]! || document >= (firsts[low + 1] ?? this.documents)) {
      low = 0;
      for (let high = firsts.length; high - low > 1; ) {
        const middle = (low + high) >>> 1;
        if (firsts[middle]! <= document) low = middle;
        else high = middle;
      }
      this.#recent = low;
    }
    return low;
  }
}

/** The directories of the corpus's parts: the directory itself, or all of its `part-i-of-n`. */
function partsOf(directory: string): string[] {
  const names = listed(directory);
  if (names.includes(MANIFEST_FILE)) return [directory];
  const parts = names.map((name) => PART.exec(name)).filter((match) => match !== null);
  const count = Number(parts[0]?.[2] ?? 0);
  if (count === 0) throw dataError(directory, "a prepared corpus", `a directory without ${MANIFEST_FILE}`);
  return Array.from({ length: count }, (_, index) => {
    const name = `part-${index + 1}-of-${count}`;
    if (!names.includes(name)) throw dataError(directory, `all ${count} parts of the corpus`, `no ${name}`);
    return join(directory, name);
  });
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw dataError(directory, "a prepared corpus", (error as Error).message, { cause: error });
  }
}

function finishedManifest(directory: string) {
  const manifest = readManifest(directory);
  if (manifest?.complete) return manifest;
  throw dataError(directory, "a prepared corpus", "one that is not finished: run the same command again");
}

function checkFingerprint(part: string, fingerprint: string, wanted: string): void {
  if (fingerprint === wanted) return;
  throw dataError(part, `a corpus of the vocabulary ${wanted}`, `one of ${fingerprint}`);
}
