import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { constants } from "node:os";
import { expected, LibbertError } from "../errors.js";
import { usableProcessors } from "../runtime/processors.js";
import { forwardSignals, type StopOptions } from "./forward-signals.js";
import { type LaunchGuard, startGuard } from "./start-guard.js";

export interface LaunchOptions extends StopOptions {
  /** How many processes to start on this machine. */
  processes: number;
  /** How often to start all of them anew when one fails. */
  restarts: number;
}

/** The exit code of a run that saved itself and wants to be started again (EX_TEMPFAIL of sysexits.h). */
export const EXIT_TRY_AGAIN = 75;

const PLAIN_FAILURE = 1;

/** How long the others of a process that failed have to end by themselves, with their own account of it. */
const ACCOUNT_MS = 15_000;
const KILL_MS = 5000;

/** A program and its arguments. */
type Command = readonly [string, ...string[]];

/** What the processes are told of each other. */
interface Start {
  processes: number;
  port: number;
  attempt: number;
}

/** How processes ended: the exit code, and the signal to the launcher that asked them to. */
interface End {
  code: number;
  stoppedBy: NodeJS.Signals | undefined;
}

/**
 * Runs a program as several processes of one run, as torchrun does on one machine: each finds its rank in the
 * environment. The first one's output is shown; of the others, only errors. None outlives the launcher.
 *
 * @returns the exit code: 0, or of the processes' own the one that says most
 */
export async function launch(command: Command, options: LaunchOptions): Promise<number> {
  const { restarts, graceSeconds, log } = options;
  using guard = startGuard(graceSeconds);
  for (let attempt = 0; ; attempt++) {
    const own = { processes: options.processes, port: await freePort(), attempt };
    const { code, stoppedBy } = await runAll(command, own, options, guard);
    if (code === 0 || stoppedBy !== undefined || code === EXIT_TRY_AGAIN || attempt === restarts) return code;
    log(`A process failed with exit code ${code}: starting all anew (${attempt + 1} of ${restarts} times)`);
  }
}

/** Starts all and waits until they have ended. @throws ERR_OPTION for a program that cannot be started */
async function runAll(command: Command, own: Start, options: StopOptions, guard: LaunchGuard): Promise<End> {
  const children: ChildProcess[] = [];
  try {
    for (let rank = 0; rank < own.processes; rank++) {
      children.push(start(command, rank, own));
      guard.watch(children[rank]!);
    }
    return await endOf(children, options);
  } catch (error) {
    for (const child of children) child.kill("SIGKILL"); // those that could be started
    throw notStarted(error as NodeJS.ErrnoException, command[0]);
  }
}

function start([program, ...args]: Command, rank: number, own: Start): ChildProcess {
  return spawn(program, args, {
    stdio: ["ignore", rank === 0 ? "inherit" : "ignore", "inherit"],
    env: { ...process.env, ...variablesOf(rank, own) },
  });
}

function variablesOf(rank: number, { processes, port, attempt }: Start): Record<string, string> {
  const threads = Math.max(1, Math.floor(usableProcessors() / processes));
  return {
    RANK: String(rank),
    LOCAL_RANK: String(rank),
    WORLD_SIZE: String(processes),
    LOCAL_WORLD_SIZE: String(processes),
    MASTER_ADDR: "127.0.0.1",
    MASTER_PORT: String(port),
    TORCHELASTIC_RESTART_COUNT: String(attempt),
    TORCHELASTIC_USE_AGENT_STORE: "False", // of a launcher around this one
    OMP_NUM_THREADS: process.env.OMP_NUM_THREADS ?? String(threads),
  };
}

/** Waits until all have ended; signals to this process go to them, and who is left behind is ended. */
async function endOf(children: readonly ChildProcess[], options: StopOptions): Promise<End> {
  using signals = forwardSignals(children, options);
  const codes: number[] = [];
  const timers: NodeJS.Timeout[] = [];
  const ends = children.map(async (child) => {
    const [status] = await once(child, "exit");
    codes.push(status ?? PLAIN_FAILURE);
    if (status === 0 || timers.length > 0) return;
    timers.push(setTimeout(() => signals.send("SIGTERM"), ACCOUNT_MS));
    timers.push(setTimeout(() => signals.kill("the failure of another"), ACCOUNT_MS + KILL_MS));
  });
  try {
    await Promise.all(ends);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  return { code: codeOf(codes, signals.stoppedBy), stoppedBy: signals.stoppedBy };
}

/** Processes that fail because another did end with a plain failure; those that were killed have no code of their own. */
function codeOf(codes: readonly number[], stoppedBy: NodeJS.Signals | undefined): number {
  const telling = codes.find((code) => code !== 0 && code !== PLAIN_FAILURE);
  if (telling !== undefined) return telling;
  const isFailure = codes.includes(PLAIN_FAILURE);
  return isFailure && stoppedBy !== undefined ? 128 + constants.signals[stoppedBy] : Math.max(...codes);
}

function notStarted(cause: NodeJS.ErrnoException, program: string): LibbertError {
  const isNoProgram = ["ENOENT", "EACCES", "ERR_INVALID_ARG_VALUE"].includes(cause.code ?? "");
  if (isNoProgram) return expected("a command of libbert, or a program,", "command", program);
  const message = `The processes could not be started: ${cause.message}`;
  return new LibbertError("ERR_RUNTIME", message, { cause });
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
