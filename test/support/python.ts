/** The Python that tests compare with: one that has torch and transformers. */
import { execFileSync } from "node:child_process";

const PYTHON = process.env.LIBBERT_REFERENCE_PYTHON;

/** What a test that needs it passes as `skip`. */
export const withoutPython = PYTHON
  ? false
  : "LIBBERT_REFERENCE_PYTHON names no Python that has transformers";

/**
 * Runs a program and returns what it prints, a value a line.
 *
 * @param program its source, or the path of a file that ends in .py
 * @param input what it reads as JSON, a value a line
 */
export function inPython<Output>(program: string, args: readonly string[], ...input: unknown[]): Output[] {
  const start = program.endsWith(".py") ? [program] : ["-c", program];
  const output = execFileSync(PYTHON!, [...start, ...args], {
    input: input.map((value) => `${JSON.stringify(value)}\n`).join(""),
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
    stdio: ["pipe", "pipe", "pipe"],
    maxBuffer: 2 ** 26,
  });
  const lines = output.toString().split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

/** What transformers finds in a directory; `Output` is what it makes of one input (see check_saved.py). */
export interface SavedModel<Output = { inputIds: number[]; logits: number[] }> {
  /** Of the class. */
  name: string;
  missing: string[];
  unexpected: string[];
  mismatched: string[];
  problemType: string | null;
  labels: string[];
  outputs: Output[];
}

/** What transformers makes of directories, each with its inputs. All are loaded by one process: starting it takes long. */
export function checkSaved<Output>(
  models: readonly (readonly [directory: string, inputs: readonly unknown[]])[],
): SavedModel<Output>[] {
  const directories = models.map(([directory]) => directory);
  const inputs = models.map(([, ofModel]) => ofModel);
  return inPython("test/golden/check_saved.py", directories, ...inputs);
}
