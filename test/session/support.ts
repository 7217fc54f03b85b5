import { existsSync, writeFileSync } from "node:fs";
import type { LibbertError } from "../../lib/index.js";
import { tinyTraining } from "../support/tiny-training.js";

/** A BERT of 2 layers and 32 units, with 64 positions and a vocabulary of 114 pieces. */
export const TINY = "test/golden/data/tiny-bert";
export const MINILM = "../shared/data/models/all-minilm-l6-v2";
export const SST2 = "../shared/data/sst2";

/** What a test of MiniLM on SST-2 passes as `skip`: a reason where the files are missing. */
export const withoutMiniLM =
  existsSync(MINILM) && existsSync(SST2) ? false : `${MINILM} or ${SST2} is missing`;

/** Options for the tiny model; ten epochs of `rowsOf(90)` teach it, within a second, what the labels mean. */
export const tinyRun = {
  task: "classification",
  model: TINY,
  ...tinyTraining,
} as const;

const NOUNS = ["film", "story", "cast", "plot", "scene", "music", "actor", "ending"];
const ADJECTIVES = {
  positive: ["good", "great", "warm", "bright", "funny", "quick"],
  negative: ["bad", "poor", "cold", "dull", "slow", "never"],
};

/** Sentences whose adjective tells the label, positive and negative in turn; the same for the same numbers. */
export function rowsOf(count: number, first = 0): { text: string; label: string }[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const label = number % 2 === 0 ? "positive" : "negative";
    const adjectives = ADJECTIVES[label];
    const noun = NOUNS[(number >> 1) % NOUNS.length]!;
    const other = NOUNS[(number * 5) % NOUNS.length]!;
    const adjective = adjectives[(number >> 2) % adjectives.length]!;
    return {
      text: `the ${noun} of the ${other} was ${adjective}${number % 3 === 0 ? " to watch" : ""}`,
      label,
    };
  });
}

export function writeTsv(path: string, rows: readonly { text: string; label: string }[]): string {
  writeFileSync(path, `text\tlabel\n${rows.map(({ text, label }) => `${text}\t${label}\n`).join("")}`);
  return path;
}

/** Waits until `promise` has failed, and returns what it failed with. */
export async function failureOf(promise: Promise<unknown>): Promise<LibbertError> {
  return promise.then(
    () => Promise.reject(new Error("Expected a failure but the call succeeded")),
    (error) => error,
  );
}
