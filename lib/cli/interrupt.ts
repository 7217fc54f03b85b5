import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** npm passes a Ctrl-C, which its child has had from the terminal, on to it once more. */
const SAME_KEY_PRESS_MS = 500;

/** The user, or the system, ended the run. */
export class Interrupted extends Error {
  /** 130 after Ctrl-C, as shells have it. */
  readonly exitCode: number;

  constructor(
    readonly signal: (typeof SIGNALS)[number],
    outcome = "nothing was saved",
  ) {
    super(`Interrupted by ${signal}; ${outcome}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** An error of a run that left something behind: an interruption says what. */
export function afterInterrupt(error: unknown, outcome: string): unknown {
  return error instanceof Interrupted ? new Interrupted(error.signal, outcome) : error;
}

/**
 * Runs something with an AbortSignal that Ctrl-C (SIGINT) and SIGTERM abort. A second one kills the process at once.
 *
 * @throws Interrupted, through whatever awaits the signal
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (name: (typeof SIGNALS)[number]) => {
    controller.abort(new Interrupted(name));
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
