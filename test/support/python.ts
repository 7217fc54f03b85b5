/** The Python that tests compare with: one that has torch and transformers. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const PYTHON = process.env.LIBBERT_REFERENCE_PYTHON;
const SERVER = "test/support/python_server.py";
const START_MS = 60_000;

/** What a test that needs it passes as `skip`. */
export const withoutPython = PYTHON
  ? false
  : "LIBBERT_REFERENCE_PYTHON names no Python that has transformers";

/** What a test that needs one of Python's modules passes as `skip`. */
export function withoutModule(name: string): false | string {
  if (withoutPython) return withoutPython;
  const probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)";
  return spawnSync(PYTHON!, ["-c", probe, name]).status === 0 ? false : `this Python has no ${name}`;
}

/**
 * Runs a program and returns what it prints, a value a line. All test files have it run by one process, see python_server.py.
 *
 * @param program its source, or the path of a file that ends in .py
 * @param input what it reads as JSON, a value a line
 */
export async function inPython<Output>(
  program: string,
  args: readonly string[],
  ...input: unknown[]
): Promise<Output[]> {
  const source = program.endsWith(".py") ? readFileSync(program, "utf8") : program;
  const lines = input.map((value) => `${JSON.stringify(value)}\n`).join("");
  const connection = await connect();
  connection.end(JSON.stringify({ program: source, args, input: lines }));
  const { output, error } = JSON.parse(await text(connection)) as { output: string; error: string | null };
  if (error !== null) throw new Error(error);
  return output
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** To the server of those who run the tests; who comes first starts it. */
async function connect(): Promise<Socket> {
  const path = join(tmpdir(), `libbert-python-${process.ppid}.sock`);
  for (let tries = 0; tries * 100 < START_MS; tries++) {
    const connection = createConnection(path);
    try {
      await once(connection, "connect");
      return connection;
    } catch {
      if (tries === 0) startServer(path);
      await sleep(100);
    }
  }
  throw new Error(`Expected ${SERVER} to listen at ${path} within a minute`);
}

function startServer(path: string): void {
  const env = { ...process.env, HF_HUB_OFFLINE: "1", OMP_NUM_THREADS: "1" }; // a fork has no threads of its parent's
  const options = { env, detached: true, stdio: "ignore" } as const;
  spawn(PYTHON!, [SERVER, path, String(process.ppid)], options).unref();
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

/** What transformers makes of directories, each with its inputs. */
export function checkSaved<Output>(
  models: readonly (readonly [directory: string, inputs: readonly unknown[]])[],
): Promise<SavedModel<Output>[]> {
  const directories = models.map(([directory]) => directory);
  const inputs = models.map(([, ofModel]) => ofModel);
  return inPython("test/golden/check_saved.py", directories, ...inputs);
}
