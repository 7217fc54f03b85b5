import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";

export interface LaunchOptions {
  /** How many processes to start on this machine. */
  processes: number;
  /** How often to start all of them anew when one fails. */
  restarts: number;
  /** Is told what happens, a line at a time. */
  log(line: string): void;
}

/** The exit code of a run that saved itself and wants to be started again (EX_TEMPFAIL of sysexits.h). */
export const EXIT_TRY_AGAIN = 75;

/** How long the others of a process that failed have to end by themselves, with their own account of it. */
const GRACE_MS = 15_000;
const KILL_MS = 5000;

const FORWARDED = ["SIGINT", "SIGTERM", "SIGUSR1"] as const;

/**
 * Runs a program as several processes of one run, as torchrun does on one machine: each finds its rank in the
 * environment. The first one's output is shown; of the others, only errors.
 *
 * @returns the exit code: 0, or of the processes' own the one that says most
 */
export async function launch(
  [program, ...args]: readonly [string, ...string[]],
  { processes, restarts, log }: LaunchOptions,
): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const port = await freePort();
    const children = Array.from({ length: processes }, (_, rank) =>
      spawn(program, args, {
        stdio: ["ignore", rank === 0 ? "inherit" : "ignore", "inherit"],
        env: { ...process.env, ...variablesOf(rank, { processes, port, attempt }) },
      }),
    );
    const { code, isStopped } = await endOf(children);
    if (code === 0 || isStopped || code === EXIT_TRY_AGAIN || attempt === restarts) return code;
    log(`A process failed with exit code ${code}: starting all anew (${attempt + 1} of ${restarts} times)`);
  }
}

function variablesOf(
  rank: number,
  { processes, port, attempt }: { processes: number; port: number; attempt: number },
): Record<string, string> {
  const threads = Math.max(1, Math.floor(availableParallelism() / processes));
  return {
    RANK: String(rank),
    LOCAL_RANK: String(rank),
    WORLD_SIZE: String(processes),
    LOCAL_WORLD_SIZE: String(processes),
    MASTER_ADDR: "127.0.0.1",
    MASTER_PORT: String(port),
    TORCHELASTIC_RESTART_COUNT: String(attempt),
    OMP_NUM_THREADS: process.env.OMP_NUM_THREADS ?? String(threads),
  };
}

/** Waits until all have ended; signals to this process go to them, and who is left behind is ended. */
async function endOf(children: readonly ChildProcess[]): Promise<{ code: number; isStopped: boolean }> {
  let isStopped = false;
  const forward = (signal: NodeJS.Signals) => {
    isStopped = true;
    signalAll(children, signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  const codes: number[] = [];
  const timers: NodeJS.Timeout[] = [];
  const ends = children.map(async (child) => {
    const [status] = await once(child, "exit");
    codes.push(status ?? PLAIN_FAILURE);
    if (status === 0 || timers.length > 0) return;
    timers.push(setTimeout(() => signalAll(children, "SIGTERM"), GRACE_MS));
    timers.push(setTimeout(() => signalAll(children, "SIGKILL"), GRACE_MS + KILL_MS));
  });
  try {
    await Promise.all(ends);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const signal of FORWARDED) process.off(signal, forward);
  }
  // Processes that fail because another did end with a plain failure.
  const code = codes.find((one) => one !== 0 && one !== PLAIN_FAILURE) ?? Math.max(...codes);
  return { code, isStopped };
}

const PLAIN_FAILURE = 1;

function signalAll(children: readonly ChildProcess[], signal: NodeJS.Signals): void {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill(signal);
}

/** A port of this machine that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
