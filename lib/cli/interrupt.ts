import { constants } from "node:os";
import { SAME_KEY_PRESS_MS } from "../distributed/forward-signals.js";
import { EXIT_TRY_AGAIN } from "../distributed/launch.js";

/** Ctrl-C, the system, and what Slurm can be told to send before a job's time is over (`--signal=USR1@120`). */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGUSR1"] as const;

/** The user, or the system, ended the run. */
export class Interrupted extends Error {
  constructor(
    readonly signal: (typeof SIGNALS)[number],
    outcome = "nothing was saved",
    /** 130 after Ctrl-C, as shells have it. */
    readonly exitCode = 128 + constants.signals[signal],
  ) {
    super(`Interrupted by ${signal}; ${outcome}`);
  }
}

/**
 * An error of a run that left something to go on from: an interruption says what. One by the system asks, with its exit
 * code, for the run to be started again.
 */
export function afterInterrupt(error: unknown, outcome: string): unknown {
  if (!(error instanceof Interrupted)) return error;
  const { signal, exitCode } = error;
  return new Interrupted(signal, outcome, signal === "SIGINT" ? exitCode : EXIT_TRY_AGAIN);
}

/**
 * Runs something with an AbortSignal that SIGINT (Ctrl-C), SIGTERM and SIGUSR1 abort. A second one kills the process at
 * once.
 *
 * @throws Interrupted, through whatever awaits the signal
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (name: (typeof SIGNALS)[number]) => {
    const reason = new Interrupted(name);
    controller.abort(reason);
    // Whoever waits for the next line of standard input gets it as an error.
    if (process.stdin.listenerCount("readable") > 0) process.stdin.destroy(reason);
    setTimeout(release, SAME_KEY_PRESS_MS).unref();
  };
  const release = () => {
    for (const name of SIGNALS) process.off(name, interrupt);
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}
