import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const GUARD = fileURLToPath(new URL("./guard.js", import.meta.url));

/** Ends the launcher's processes when the launcher cannot, because it was killed. */
export interface LaunchGuard extends Disposable {
  watch(child: ChildProcess): void;
}

/**
 * Starts the guard: a process of a session of its own, which a Ctrl-C does not reach. It knows by the end of its input that
 * the launcher is gone. Whatever the launcher runs need not know of it.
 *
 * @param graceSeconds how long the processes have from SIGTERM to SIGKILL
 */
export function startGuard(graceSeconds: number): LaunchGuard {
  const guard = spawn(process.execPath, [GUARD, String(graceSeconds)], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
  for (const emitter of [guard, guard.stdin]) emitter.on("error", () => {}); // without it the launcher works as well
  guard.unref();
  return {
    watch: ({ pid }) => {
      if (pid !== undefined) guard.stdin.write(`${pid}\n`);
    },
    [Symbol.dispose]: () => void guard.kill("SIGKILL"),
  };
}
