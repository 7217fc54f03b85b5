import type { ChildProcess } from "node:child_process";

export interface StopOptions {
  /** How long the processes may take to end when they are asked to. */
  graceSeconds: number;
  /** Is told what happens, a line at a time. */
  log(line: string): void;
}

/** npm passes a Ctrl-C, which its child has had from the terminal, on to it once more. */
export const SAME_KEY_PRESS_MS = 500;

/** How long to wait for the processes before saying so. */
const QUIET_MS = 3000;

const ENDING = ["SIGINT", "SIGTERM"] as const;
/** A warning before the end, as Slurm can be told to send: the end itself is for who sends it to bring. */
const WARNING = "SIGUSR1";

/** Signals of this process on their way to those that it started. */
export interface ForwardedSignals extends Disposable {
  /** The first that asked for the end. */
  readonly stoppedBy: NodeJS.Signals | undefined;
  /** Sends one to all that have not ended. */
  send(signal: NodeJS.Signals): void;
  /** Ends them at once. @param why after what they had not ended by themselves */
  kill(why: string): void;
}

/**
 * Passes signals on to processes, the first of each given being rank 0. Those that ask for the end are followed by SIGKILL
 * when the grace is over, or when a second one comes.
 */
export function forwardSignals(
  children: readonly ChildProcess[],
  { graceSeconds, log }: StopOptions,
): ForwardedSignals {
  let stoppedBy: NodeJS.Signals | undefined;
  let stoppedAt = 0;
  const timers: NodeJS.Timeout[] = [];

  const running = () => [...children.keys()].filter((rank) => isRunning(children[rank]!));
  const send = (signal: NodeJS.Signals) => {
    for (const rank of running()) children[rank]!.kill(signal);
  };
  const kill = (why: string) => {
    if (running().length > 0) log(`Killed ${ranksText(running())}, not ended after ${why}`);
    send("SIGKILL");
  };
  const announce = () => {
    const outlook = `they are killed ${graceSeconds} seconds after ${stoppedBy}, or at a second one`;
    if (running().length > 0) log(`Waiting for ${ranksText(running())} to end; ${outlook}`);
  };
  const end = (signal: NodeJS.Signals) => {
    if (stoppedBy !== undefined && stoppedBy !== WARNING) {
      if (performance.now() - stoppedAt > SAME_KEY_PRESS_MS) kill(`a second signal (${signal})`);
      return;
    }
    stoppedBy = signal;
    stoppedAt = performance.now();
    send(signal);
    timers.push(setTimeout(announce, QUIET_MS));
    timers.push(setTimeout(() => kill(`${graceSeconds} seconds of ${signal}`), graceSeconds * 1000));
  };
  const warn = (signal: NodeJS.Signals) => {
    stoppedBy ??= signal;
    send(signal);
  };

  for (const signal of ENDING) process.on(signal, end);
  process.on(WARNING, warn);
  return {
    get stoppedBy() {
      return stoppedBy;
    },
    send,
    kill,
    [Symbol.dispose]() {
      for (const timer of timers) clearTimeout(timer);
      for (const signal of ENDING) process.off(signal, end);
      process.off(WARNING, warn);
    },
  };
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function ranksText(ranks: readonly number[]): string {
  return `${ranks.length === 1 ? "rank" : "ranks"} ${ranks.join(", ")}`;
}
