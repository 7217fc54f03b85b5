/**
 * Beside `libbert launch`: ends its processes when it is killed.
 *
 *     node guard.js <seconds from SIGTERM to SIGKILL>      the processes' numbers on standard input, one a line
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;

const graceSeconds = Number(process.argv[2]);
const started = new Map<number, string | undefined>(); // when each process did: its number may come again

for await (const line of createInterface({ input: process.stdin }))
  started.set(Number(line), startOf(Number(line)));

if (running().length > 0) {
  console.error(
    `libbert launch: the launcher was killed; its processes get SIGTERM, and SIGKILL ${graceSeconds} seconds later`,
  );
  send("SIGTERM");
  for (const end = performance.now() + graceSeconds * 1000; performance.now() < end && running().length > 0; )
    await sleep(POLL_MS);
  send("SIGKILL");
}

function running(): number[] {
  return [...started.keys()].filter(
    (pid) => started.get(pid) !== undefined && startOf(pid) === started.get(pid),
  );
}

function send(signal: NodeJS.Signals): void {
  for (const pid of running()) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended.
    }
  }
}

/** Of a process that runs, field 22 of `/proc/<pid>/stat` (proc(5)). The second field may have spaces in it. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
