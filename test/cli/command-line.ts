import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { packageRoot } from "../../lib/runtime/paths.js";

export const MAIN = join(packageRoot, "dist/lib/cli/main.js");

/** A classifier of three labels (negative, neutral, positive) that loads and computes in no time. */
export const TINY_MODEL = resolve(packageRoot, "test/golden/data/tiny-bert");

/** Runs `libbert` to its end. Neither of its streams is a terminal. */
export function libbert(
  args: string[],
  options: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv } = {},
) {
  return spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    input: options.input,
    env: { ...process.env, ...options.env },
  });
}

/** Starts `libbert` and leaves it running. */
export function startLibbert(args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, ...args]);
}

/** The exit code, and all of standard error. */
export async function ended(
  child: ChildProcessWithoutNullStreams,
): Promise<{ code: number | null; stderr: string }> {
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout.resume();
  return new Promise((done) => child.on("close", (code) => done({ code, stderr })));
}

/** Sentences whose label a model can learn, in the three labels' order over and over. */
export function labelledTexts(count: number): { text: string; label: string }[] {
  const kinds = [
    { label: "negative", words: ["bad", "poor", "dull", "cold"] },
    { label: "neutral", words: ["quick", "slow", "film", "plot"] },
    { label: "positive", words: ["good", "great", "funny", "warm"] },
  ];
  return Array.from({ length: count }, (_, row) => {
    const { label, words } = kinds[row % kinds.length]!;
    const word = words[Math.floor(row / kinds.length) % words.length]!;
    return { text: `the ${word} story was ${"so ".repeat(row % 5)}${word}`, label };
  });
}

/** Writes the rows as a tab-separated file and returns its path. */
export function writeTsv(folder: string, name: string, rows: { text: string; label: string }[]): string {
  const lines = ["text\tlabel", ...rows.map(({ text, label }) => `${text}\t${label}`)];
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}
