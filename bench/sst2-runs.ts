import { join, resolve } from "node:path";
import { inTemporaryFolder } from "./temporary-folder.js";
import { runWatched } from "./watched-program.js";

/** Fine-tuning of one checkpoint on SST-2 for one epoch, in batches of 32 with a learning rate of 5e-5. */
export interface Sst2Settings {
  /** A checkpoint in Hugging Face's layout. */
  model: string;
  /** The directory that holds sst2/train.tsv and sst2/dev.tsv. */
  data: string;
  /** The directory of finetune_sst2.py. */
  reference: string;
  dtype: "float32" | "bfloat16";
  /** Training rows. */
  limit: number;
  seed: number;
}

export interface Sst2Run {
  sequencesPerSecond: number; // training alone, without loading, tokenizing and evaluation
  tokensPerSecond: number; // real tokens, padding not counted
  accuracy: number;
  peakMiB: number;
  wallSeconds: number; // the whole program, from start to exit
}

export async function transformersOnSst2(
  { model, data, reference, dtype, limit, seed }: Sst2Settings,
  { python, groupByLength }: { python: string; groupByLength: boolean },
): Promise<Sst2Run> {
  const parameters = [
    ...[join(reference, "finetune_sst2.py"), "--epochs", "1", "--train-limit", String(limit)],
    ...["--dtype", dtype === "bfloat16" ? "bf16" : "fp32", "--seed", String(seed)],
    ...(groupByLength ? ["--group-by-length"] : []), // its defaults: batch 32, learning rate 5e-5
  ];
  const environment = { MODEL_DIR: resolve(model), DATA_DIR: resolve(data) };
  const { output, ...run } = await runWatched(python, parameters, environment);
  const { seq_s, tok_s, dev_acc } = lastLine(output) as { seq_s: number; tok_s: number; dev_acc: number };
  return { sequencesPerSecond: seq_s, tokensPerSecond: tok_s, accuracy: dev_acc, ...run };
}

export function libbertOnSst2({ model, data, dtype, limit, seed }: Sst2Settings): Promise<Sst2Run> {
  return inTemporaryFolder(async (folder) => {
    const { output, ...run } = await runWatched(process.execPath, [
      ...[join(import.meta.dirname, "../lib/cli/main.js"), "fine-tune", "--task", "classification"],
      ...["--model", model, "--output-dir", join(folder, "model")],
      ...["--train", join(data, "sst2/train.tsv"), "--validation", join(data, "sst2/dev.tsv")],
      ...["--limit", String(limit), "--epochs", "1", "--batch-size", "32", "--learning-rate", "5e-5"],
      ...["--dtype", dtype, "--seed", String(seed), "--json"],
    ]);
    const { sequencesPerSecond, tokensPerSecond, metrics } = lastLine(output) as {
      sequencesPerSecond: number;
      tokensPerSecond: number;
      metrics: { accuracy: number };
    };
    return { sequencesPerSecond, tokensPerSecond, accuracy: metrics.accuracy, ...run };
  });
}

function lastLine(output: string): unknown {
  return JSON.parse(output.trimEnd().split("\n").at(-1)!);
}
