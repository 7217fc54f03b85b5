import { rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { z } from "zod";
import { describe, expected, LibbertError } from "../../errors.js";
import { filesOfOthers, type OutputDirectory, openOutputDirectory } from "../../files/output-directory.js";
import { readSettled } from "../../files/settled-directory.js";
import { tokenizerFolder } from "../../hub/model-folder.js";
import { onProgressOption, signalOption } from "../../options/call-options.js";
import { withListener } from "../../options/listener.js";
import { loggerOption, withLogger } from "../../options/logger.js";
import { parseOptions } from "../../options/parse-options.js";
import { type PrepareSettings, prepareOptions } from "../../options/prepare-options.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import { dataError } from "../data-error.js";
import { CorpusDirectory, checkTokenizer } from "./corpus-directory.js";
import { prepareLine } from "./event-lines.js";
import type { PrepareEvent } from "./events.js";
import { findTextFiles, type TextFile } from "./input-files.js";
import {
  type CorpusManifest,
  MANY_UNKNOWN,
  newManifest,
  readManifest,
  type SplitCounts,
  vocabularyOf,
} from "./manifest.js";
import type { PrepareOptions } from "./option-types.js";
import { prepareShards, type ShardingSettings } from "./prepare-shards.js";

/** What a corpus holds; the counts are those of both splits. */
export interface CorpusReport extends SplitCounts {
  /** Documents that are kept from training. */
  validationDocuments: number;
  /** Their tokens. */
  validationTokens: number;
  /** Share of the tokens that the vocabulary has no piece for. */
  unknownTokenShare: number;
  /** Files of shards. */
  shards: number;
  /** Where they are: `outputDir`, or this machine's part of it. */
  directory: string;
}

/** What `prepareCorpus()` is called with. */
export const prepareCall = prepareOptions.extend({
  signal: signalOption,
  onProgress: onProgressOption<PrepareEvent>("PrepareEvent"),
  logger: loggerOption,
});

/**
 * Tokenizes documents for pre-training, in flat memory: `outputDir` gets shards (safetensors files with `ids`,
 * `sentence_offsets` and `document_offsets`) of a training and a validation split, `corpus.json`, and a copy of the
 * tokenizer. A run that was cut off goes on behind its last finished shard when the same call is made again; the
 * result is the same, bit for bit.
 *
 * ```ts
 * const { documents, tokens } = await prepareCorpus({
 *   input: ["corpus/*.jsonl"],
 *   vocab: "tokenizer",
 *   outputDir: "shards",
 * });
 * ```
 *
 * @throws LibbertError ERR_OPTION: a pattern without files, an output directory that holds other files or that another
 *   run uses; ERR_CHECKPOINT: no tokenizer in `vocab`, or one without BERT's special tokens; ERR_DATA, naming file and
 *   line: what cannot be read, broken JSON, no document at all; ERR_RUNTIME: a full disk. The signal's reason when it
 *   aborts; finished shards are kept.
 */
export async function prepareCorpus(options: PrepareOptions): Promise<CorpusReport> {
  const call = parseOptions(prepareCall, options);
  return withLogger(call, prepareLine, (onProgress) =>
    withListener({ ...call, onProgress }, (how) => prepare({ ...call, ...how })),
  );
}

async function prepare({
  signal,
  onProgress,
  ...checked
}: z.output<typeof prepareCall>): Promise<CorpusReport> {
  signal?.throwIfAborted();
  const { format, outputDir, overwrite, revision, token, cacheDir, localFilesOnly } = checked;
  const files = await findTextFiles(checked.input, blockFormat(format));
  const hub = { revision, token, cacheDir, localFilesOnly };
  const vocab = await tokenizerFolder(checked.vocab, hub, { signal }, "vocab");
  const { TextTokenizer } = await import("../../tokenizer/text-tokenizer.js");
  const tokenizer = await readSettled(vocab, () => TextTokenizer.load(vocab));
  if (tokenizer.kind !== "WordPiece")
    throw expected(
      "the directory of a WordPiece tokenizer, as BERT has,",
      "vocab",
      `${vocab} (${tokenizer.kind})`,
    );
  const settings = settingsOf(checked);
  const { index, count } = settings.part;

  const path = count === 1 ? outputDir : join(outputDir, `part-${index}-of-${count}`);
  using output = await openOutputDirectory(path, { overwrite: true, signal });
  if (output.notice) onProgress?.({ type: "notice", message: output.notice });
  const fresh = newManifest(vocabularyOf(tokenizer), await sourceOf(files, tokenizer, settings));
  const directory = await openDirectory(output, fresh, overwrite, signal);
  if (!directory.manifest.complete) {
    await directory.start(tokenizer);
    const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    await prepareShards(files, tokenizer, directory, settings, {
      signal,
      onProgress: (progress) => onProgress?.({ type: "progress", totalBytes, ...progress }),
    });
  }
  const report = reportOf(directory);
  if (report.documents === 0 && count === 1) {
    await directory.discard(); // what has no text in it must not stand in the way of what has
    throw dataError(checked.input.join(", "), "text", "no document");
  }
  for (const message of notices(report, checked.validationShare)) onProgress?.({ type: "notice", message });
  return report;
}

function blockFormat(format: PrepareSettings["format"]): TextFile["format"] | undefined {
  if (format === "auto") return undefined;
  return format === "jsonl" ? "jsonl" : "lines";
}

function settingsOf(checked: PrepareSettings): ShardingSettings {
  const { format, textField, documentPerFile, validationShare, part, tokensPerShard } = checked;
  const [index, count] = part.split("/").map(Number) as [number, number];
  return {
    textField,
    sentencePerLine: format === "sentences",
    documentPerFile,
    validationShare,
    part: { index, count },
    tokensPerShard,
  };
}

/** Everything that the shards depend on, beside the vocabulary. */
async function sourceOf(
  files: readonly TextFile[],
  { normalizer, specialTokens }: TextTokenizer,
  settings: ShardingSettings,
) {
  const inputs = files.map(async ({ path, format, bytes }) => {
    const { mtimeMs: modified } = await stat(path);
    return { path: resolve(path), format, bytes, modified };
  });
  return { ...settings, normalizer, specialTokens, inputs: await Promise.all(inputs) };
}

/** A new corpus, or one that the same call has begun. */
async function openDirectory(
  output: OutputDirectory,
  fresh: CorpusManifest,
  overwrite: boolean,
  signal?: AbortSignal,
): Promise<CorpusDirectory> {
  const { path } = output;
  const begun = readBegun(path, overwrite);
  if (begun && isSame(begun, fresh)) {
    const directory = new CorpusDirectory(output, begun);
    await directory.checkShards(signal);
    if (begun.complete) checkTokenizer(path, begun.tokenizer);
    return directory;
  }
  const files = filesOfOthers(path);
  if (files.length > 0 && !overwrite) {
    const what = begun
      ? "a corpus of other options, another vocabulary or other files"
      : `files (${files[0]})`;
    throw new LibbertError(
      "ERR_OPTION",
      `Expected an empty or new directory for outputDir but received ${describe(path)}, which holds ${what}; ` +
        "overwrite: true allows it",
      { option: "outputDir" },
    );
  }
  for (const name of files.filter(isOfCorpus)) rmSync(join(path, name));
  return new CorpusDirectory(output, fresh);
}

/** A damaged description counts for nothing where the corpus may be overwritten. */
function readBegun(path: string, overwrite: boolean): CorpusManifest | undefined {
  try {
    return readManifest(path);
  } catch (error) {
    if (overwrite) return undefined;
    throw error;
  }
}

function isSame(begun: CorpusManifest, fresh: CorpusManifest): boolean {
  const key = ({ vocabulary, source }: CorpusManifest) => JSON.stringify([vocabulary, source]);
  return key(begun) === key(fresh);
}

function isOfCorpus(name: string): boolean {
  return name === "corpus.json" || /^(train|validation)-\d+\.safetensors$/.test(name);
}

function reportOf({ path, manifest }: CorpusDirectory): CorpusReport {
  const { train, validation } = manifest.splits;
  const counts = { ...train.counts };
  for (const name of Object.keys(counts) as (keyof SplitCounts)[]) counts[name] += validation.counts[name];
  return {
    ...counts,
    unknownTokenShare: counts.tokens === 0 ? 0 : counts.unknownTokens / counts.tokens,
    validationDocuments: validation.counts.documents,
    validationTokens: validation.counts.tokens,
    shards: train.shards.length + validation.shards.length,
    directory: path,
  };
}

function notices(report: CorpusReport, validationShare: number): string[] {
  const { documents, emptyDocuments, emptySentences, invalidSequences, singleSentenceDocuments } = report;
  const found: [number, string][] = [
    [emptyDocuments, "documents that were dropped, as they have no token"],
    [emptySentences, "sentences that were dropped, as they have no token"],
    [invalidSequences, "sequences of bytes that are not UTF-8 and became U+FFFD"],
  ];
  const messages = found.filter(([count]) => count > 0).map(([count, what]) => `${what}: ${count}`);
  if (singleSentenceDocuments > documents / 2)
    messages.push(
      `${singleSentenceDocuments} of ${documents} documents have one sentence: next-sentence prediction learns from the ` +
        "others alone (a blank line ends a document)",
    );
  if (report.unknownTokenShare > MANY_UNKNOWN)
    messages.push(
      `${(100 * report.unknownTokenShare).toFixed(0)} % of the tokens are [UNK]: the vocabulary does not fit the text`,
    );
  if (validationShare > 0 && documents > 0 && report.validationDocuments === 0)
    messages.push(
      `no document fell to the validation share of ${validationShare}: pre-training is not evaluated`,
    );
  return messages;
}
