import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LibbertError } from "../../errors.js";
import { sha256OfFile } from "../../files/file-hash.js";
import type { OutputDirectory } from "../../files/output-directory.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import { dataError } from "../data-error.js";
import {
  type CorpusManifest,
  type Cursor,
  MANIFEST_FILE,
  type ShardEntry,
  type Split,
  type SplitCounts,
} from "./manifest.js";
import { type ShardContent, writeShard } from "./shard.js";

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
    const entry: ShardEntry = {
      file,
      sha256: await sha256Of(join(this.path, file)),
      documents: content.documentOffsets.length - 1,
      sentences: content.sentenceOffsets.length - 1,
      tokens: content.ids.length,
    };
    this.manifest.splits[split] = { shards: [...shards, entry], counts: { ...counts }, cursor };
    await this.writeManifest();
  }

  /** Saves the tokenizer and the manifest. */
  async start(tokenizer: TextTokenizer): Promise<void> {
    await this.#write("tokenizer.json", (staging) => tokenizer.save(staging));
    await this.writeManifest();
  }

  async writeManifest(): Promise<void> {
    const text = `${JSON.stringify(this.manifest, null, 2)}\n`;
    await this.#write(MANIFEST_FILE, async (staging) => writeFileSync(join(staging, MANIFEST_FILE), text));
  }

  /** @throws LibbertError ERR_DATA, naming the file, when a finished shard is not what it was */
  async checkShards(): Promise<void> {
    const { train, validation } = this.manifest.splits;
    for (const { file, sha256 } of [...train.shards, ...validation.shards]) {
      const path = join(this.path, file);
      const found = await sha256Of(path);
      if (found !== sha256) throw dataError(path, `a shard with the sha256 ${sha256}`, `one with ${found}`);
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

async function sha256Of(path: string): Promise<string> {
  try {
    return await sha256OfFile(path);
  } catch (error) {
    throw dataError(path, "a readable file", (error as Error).message, { cause: error });
  }
}
