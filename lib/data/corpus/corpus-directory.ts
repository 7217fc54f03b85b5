import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LibbertError } from "../../errors.js";
import type { OutputDirectory } from "../../files/output-directory.js";
import { sealedJson } from "../../files/sealed-json.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import { dataError } from "../data-error.js";
import { digestOfFile } from "./file-digest.js";
import { type CorpusManifest, type Cursor, MANIFEST_FILE, type Split, type SplitCounts } from "./manifest.js";
import { type ShardContent, shardEntry, writeShard } from "./shard.js";
import { changedShard } from "./shard-check.js";

/** Where finished shards are written; the manifest there lists them, and nothing else counts. */
export class CorpusDirectory {
  constructor(
    readonly output: OutputDirectory,
    readonly manifest: CorpusManifest,
  ) {}

  get path(): string {
    return this.output.path;
  }

  /**
   * Writes one shard more, and then the manifest that has it.
   *
   * @param counts of the split so far
   * @param cursor the document behind the last that `counts` knows of
   * @throws LibbertError ERR_RUNTIME when the disk is full or cannot be written to; the shards before are kept
   */
  async addShard(split: Split, content: ShardContent, counts: SplitCounts, cursor: Cursor): Promise<void> {
    const { shards } = this.manifest.splits[split];
    const file = `${split}-${String(shards.length).padStart(5, "0")}.safetensors`;
    const { fingerprint } = this.manifest.vocabulary;
    await this.#write(file, async (staging) => writeShard(join(staging, file), content, fingerprint));
    const entry = shardEntry(join(this.path, file), file);
    this.manifest.splits[split] = { shards: [...shards, entry], counts: { ...counts }, cursor };
    await this.writeManifest();
  }

  /** Saves the tokenizer and the manifest, together: files without a manifest would be taken for another's. */
  async start(tokenizer: TextTokenizer): Promise<void> {
    await this.#write(MANIFEST_FILE, async (staging) => {
      await tokenizer.save(staging);
      const digests = readdirSync(staging).map((file) => [file, digestOfFile(join(staging, file))]);
      this.manifest.tokenizer = Object.fromEntries(digests);
      writeFileSync(join(staging, MANIFEST_FILE), sealedJson(this.manifest));
    });
  }

  /** Takes back what `start` wrote. */
  async discard(): Promise<void> {
    const { tokenizer } = this.manifest;
    const replaces = (name: string) => name === MANIFEST_FILE || Object.hasOwn(tokenizer, name);
    await this.output.change(MANIFEST_FILE, { write() {}, replaces });
  }

  async writeManifest(): Promise<void> {
    const text = sealedJson(this.manifest);
    await this.#write(MANIFEST_FILE, async (staging) => writeFileSync(join(staging, MANIFEST_FILE), text));
  }

  /** @throws LibbertError ERR_DATA, naming the file, when a finished shard is not what it was; the signal's reason */
  async checkShards(signal?: AbortSignal): Promise<void> {
    const { train, validation } = this.manifest.splits;
    for (const { file, sha256 } of [...train.shards, ...validation.shards]) {
      await nextTurn();
      signal?.throwIfAborted();
      const path = join(this.path, file);
      if (digestOfFile(path) !== sha256) throw changedShard(path);
    }
  }

  async #write(file: string, write: (staging: string) => Promise<void>): Promise<void> {
    try {
      await this.output.change(file, { write });
    } catch (error) {
      const { cause = error } = error as Error;
      throw new LibbertError(
        "ERR_RUNTIME",
        `${join(this.path, file)} cannot be written: ${(cause as Error).message}. The shards before it are finished: ` +
          "the same command goes on from there",
        { cause: error },
      );
    }
  }
}

/** @throws LibbertError ERR_DATA, naming the file, when one of a corpus's tokenizer is not what was written */
export function checkTokenizer(directory: string, digests: Readonly<Record<string, string>>): void {
  for (const [file, sha256] of Object.entries(digests)) {
    const path = join(directory, file);
    if (digestOfFile(path) !== sha256)
      throw dataError(path, "the tokenizer's file that was written here", "one that was changed since");
  }
}
