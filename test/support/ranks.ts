/** Processes that work on one run, as a launcher starts them. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { freePort } from "../../lib/distributed/launch.js";

/** How a rank ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** From its start, seconds. */
  seconds: number;
}

export interface RankProcess {
  child: ChildProcess;
  ended: Promise<Ended>;
}

export interface RanksOptions {
  size: number;
  /** Default: a free one. */
  port?: number;
  /** Beside the launcher's own variables, or in their place. */
  environment?: (rank: number) => NodeJS.ProcessEnv;
  /** Ranks that are not started. */
  missing?: readonly number[];
}

/** Starts a script as several ranks. @param argumentsOf the script's own, for a rank */
export async function startRanks(
  script: string,
  argumentsOf: (rank: number) => string[],
  { size, port, environment = () => ({}), missing = [] }: RanksOptions,
): Promise<RankProcess[]> {
  const masterPort = String(port ?? (await freePort()));
  const ranks = Array.from({ length: size }, (_, rank) => rank).filter((rank) => !missing.includes(rank));
  return ranks.map((rank) => {
    const child = spawn(process.execPath, [script, ...argumentsOf(rank)], {
      env: {
        ...process.env,
        OMP_NUM_THREADS: "1",
        RANK: String(rank),
        LOCAL_RANK: String(rank),
        WORLD_SIZE: String(size),
        MASTER_ADDR: "127.0.0.1",
        MASTER_PORT: masterPort,
        ...environment(rank),
      },
    });
    return { child, ended: endOf(child) };
  });
}

/** Starts the ranks, and waits until all have ended. */
export async function runRanks(
  script: string,
  argumentsOf: (rank: number) => string[],
  options: RanksOptions,
): Promise<Ended[]> {
  const ranks = await startRanks(script, argumentsOf, options);
  return Promise.all(ranks.map(({ ended }) => ended));
}

/**
 * Starts a script as several ranks that make some runs in turn with `makeRunsInTurn`: starting processes takes longer
 * than a run of a tiny model.
 *
 * @param runs of each run the options, for a rank
 * @returns of each run what it came to, for each rank
 */
export async function runRanksInTurn<Outcome>(
  script: string,
  runs: readonly ((rank: number) => object)[],
  size: number,
): Promise<Outcome[][]> {
  const ports = await portsToKeep(runs.length);
  const argument = (rank: number) =>
    JSON.stringify(runs.map((optionsOf, run) => ({ port: ports[run], options: optionsOf(rank) })));
  const ended = await runRanks(script, (rank) => [argument(rank)], { size });
  const outcomes = ended.map(({ code, stdout, stderr }): Outcome[] => {
    assert.equal(code, 0, stderr);
    return stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  });
  return runs.map((_, run) => outcomes.map((ofRank) => ofRank[run]!));
}

/**
 * Free ports that stay so: those from 32768 on the system gives to whatever connects, so that one of them may be taken when the
 * runs before it are done.
 */
async function portsToKeep(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}

/** Reads a process to its end. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  const start = performance.now();
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]!.setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  const [code, signal] = await once(child, "close");
  return { code, signal, ...output, seconds: (performance.now() - start) / 1000 };
}
