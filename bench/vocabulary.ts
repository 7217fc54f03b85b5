/**
 * Learns a WordPiece vocabulary of the corpus with Hugging Face's trainer and with libbert, in turn on this machine,
 * and prints times and differences. See bench/README.md.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    reference: { type: "string", default: "../shared/reference" },
    data: { type: "string", default: "../shared/data" },
    size: { type: "string", default: "8000" },
    repeats: { type: "string", default: "3" },
  },
});
const corpus = ["news.txt", "sample_text.txt", "speeches.jsonl", "reviews.jsonl"].map((file) =>
  join(options.data, "corpus", file),
);

function run(file: string, parameters: string[]): string {
  const env = { ...process.env, DATA_DIR: resolve(options.data) };
  const { status, stdout, stderr, error } = spawnSync(file, parameters, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`${file} ended with exit code ${status}: ${error?.message ?? stderr}`);
  return stdout;
}

const piecesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n");

/** Three trainings from texts in memory; the time of each, without reading and parsing the files. */
function learnWithHuggingFace(folder: string): { seconds: number[]; pieces: string[] } {
  const path = join(folder, "reference.txt");
  const output = run(options.python, [join(options.reference, "vocab_train.py"), path, options.size]);
  return { seconds: JSON.parse(output).seconds, pieces: piecesOf(path) };
}

/** One run of the command, from its start to its exit. */
function learnWithLibbert(folder: string): { seconds: number; pieces: string[] } {
  const main = join(import.meta.dirname, "../lib/cli/main.js");
  const start = performance.now();
  run(process.execPath, [
    ...[main, "vocab", "--input", ...corpus],
    ...["--size", options.size, "--output-dir", folder, "--overwrite"],
  ]);
  return { seconds: (performance.now() - start) / 1000, pieces: piecesOf(join(folder, "vocab.txt")) };
}

const shown = (seconds: number[]) => seconds.map((time) => time.toFixed(2)).join(" ");

console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${options.size} pieces`);
const folder = mkdtempSync(join(tmpdir(), "libbert-bench-"));
try {
  const results = new Set<string>();
  for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
    // Interleaved, so that a machine that slows down slows both.
    const ours = Array.from({ length: 3 }, () => learnWithLibbert(folder));
    const theirs = learnWithHuggingFace(folder);
    const times = ours.map(({ seconds }) => seconds);
    for (const { pieces } of ours) results.add(pieces.join("\n"));
    const ratio = Math.min(...times) / Math.min(...theirs.seconds);
    const known = new Set(theirs.pieces);
    const different = ours[0]!.pieces.filter((piece) => !known.has(piece));
    console.log(`Hugging Face ${shown(theirs.seconds)} s, libbert ${shown(times)} s: ${ratio.toFixed(2)}x`);
    console.log(`  pieces that only libbert has: ${different.join(" ") || "none"}`);
  }
  console.log(`different files that libbert wrote: ${results.size}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
