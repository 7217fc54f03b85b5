import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { ended } from "../cli/command-line.js";

/** An example that runs in a process of its own. */
export interface Example {
  child: ChildProcessWithoutNullStreams;
  /** The lines of its standard output. */
  lines: AsyncIterable<string>;
  /** The next line of its standard output. @throws where it ended without one, with what it said */
  nextLine(): Promise<string>;
  ended: ReturnType<typeof ended>;
}

/** Starts an example as its command does, on one thread: the models of tests are tiny. @param path below examples/, without its extension */
export function startExample(path: string, args: readonly string[]): Example {
  const env = { ...process.env, LIBBERT_THREADS: "1", OMP_NUM_THREADS: "1" };
  const child = spawn(process.execPath, [`dist/examples/${path}.js`, ...args], { env });
  after(() => child.kill("SIGKILL"));
  const lines = createInterface(child.stdout);
  const iterator = lines[Symbol.asyncIterator]();
  const whole = ended(child);
  async function nextLine(): Promise<string> {
    const { done, value } = await iterator.next();
    if (done) throw new Error(`${path} ended: ${JSON.stringify(await whole)}`);
    return value;
  }
  return { child, lines: { [Symbol.asyncIterator]: () => iterator }, nextLine, ended: whole };
}
