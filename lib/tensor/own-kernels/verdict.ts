import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Which operators may take their own kernels on a GPU. */
export interface Verdict {
  right: string[];
  wrong: { name: string; problem: string }[];
}

/** What the child process says of an operator; no problem where its kernels are right. */
export type TrialLine = { trying: string } | { tried: string; problem?: string | undefined };

/** Ends with the operators' names. */
export type TrialCommand = (names: readonly string[]) => SpawnSyncReturns<string>;

const PROGRAM = fileURLToPath(new URL("./try-in-child.js", import.meta.url));
const TIMEOUT = 180_000; // milliseconds: a cold disk reads LibTorch's CUDA libraries, of gigabytes, slowly

/** Tries kernels on a device in a process of their own: one that breaks the GPU's context, or never ends, harms no other. */
export function tryInChild(device: string): TrialCommand {
  return (names) =>
    spawnSync(process.execPath, [PROGRAM, device, ...names], {
      encoding: "utf8",
      timeout: TIMEOUT,
      killSignal: "SIGKILL", // a process that waits for a GPU hears nothing else
      // A debugger's or a test runner's NODE_OPTIONS are meant for the application alone.
      env: { ...process.env, NODE_OPTIONS: "" },
    });
}

/**
 * Tries the kernels of each operator, and goes on with the others when one of them has ended the process.
 *
 * @returns a reason instead where no trial could begin, or memory ended one, which says nothing of the kernels
 */
export function judge(names: readonly string[], run: TrialCommand): Verdict | string {
  const verdict: Verdict = { right: [], wrong: [] };
  for (let left = names; left.length > 0; ) {
    const child = run(left);
    const underWay = readLines(child.stdout ?? "", verdict); // null where no process could begin
    if (memoryEnded(child)) return endOf(child);
    if (underWay !== undefined)
      verdict.wrong.push({ name: underWay, problem: `their trial ended: ${endOf(child)}` });
    const judged = new Set([...verdict.right, ...verdict.wrong.map(({ name }) => name)]);
    const rest = left.filter((name) => !judged.has(name));
    if (rest.length === left.length) return endOf(child);
    left = rest;
  }
  return verdict;
}

/** Enters what was tried. @returns what was under way when the lines ended */
function readLines(output: string, { right, wrong }: Verdict): string | undefined {
  let underWay: string | undefined;
  for (const text of output.split("\n").slice(0, -1)) {
    const line: TrialLine = JSON.parse(text);
    underWay = "trying" in line ? line.trying : undefined;
    if (!("tried" in line)) continue;
    if (line.problem === undefined) right.push(line.tried);
    else wrong.push({ name: line.tried, problem: line.problem });
  }
  return underWay;
}

/** Whether others had taken the GPU's memory, or the system took the process for the machine's: its own time-out is an error, too. */
function memoryEnded({ error, signal, stderr }: SpawnSyncReturns<string>): boolean {
  return /out of memory/i.test(stderr ?? "") || (signal === "SIGKILL" && error === undefined);
}

/** How a process ended, in a few words. */
function endOf({ error, signal, stderr, status }: SpawnSyncReturns<string>): string {
  if (error) return error.message;
  if (signal) return `the process was ended by ${signal}`;
  return stderr.trim().split("\n").at(-1) || `the process ended with ${status}`;
}
