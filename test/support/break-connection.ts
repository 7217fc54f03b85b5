import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const PYTHON = process.env.LIBBERT_REFERENCE_PYTHON ?? "python3";

/** pidfd_open(2), pidfd_getfd(2), shutdown(2): of a process and the number of one of its sockets. */
const SHUT_DOWN = `
import ctypes, os, socket, sys
process, number = map(int, sys.argv[1:])
copy = ctypes.CDLL(None, use_errno=True).syscall(438, os.pidfd_open(process), number, 0)
if copy < 0: raise OSError(ctypes.get_errno(), "pidfd_getfd")
socket.socket(fileno=copy).shutdown(socket.SHUT_RDWR)
`;

/** Whether this machine can do it: Python, and the right to reach into other processes. */
export const canBreakConnections =
  spawnSync(PYTHON, ["-c", "import os; os.pidfd_open(os.getpid())"]).status === 0;

/**
 * Ends a TCP connection of another process, as a network does that fails, in both directions.
 *
 * @param choose an index below a number of connections
 * @returns whether there was one
 */
export function breakConnection(pid: number, choose: (count: number) => number): boolean {
  const sockets = connectionsOf(pid);
  if (sockets.length === 0) return false;
  const number = sockets[choose(sockets.length)]!;
  return spawnSync(PYTHON, ["-c", SHUT_DOWN, String(pid), String(number)]).status === 0;
}

const ESTABLISHED = "01";

/** Numbers of the files of a process that are TCP connections, from proc(5). */
function connectionsOf(pid: number): number[] {
  try {
    const lines = ["tcp", "tcp6"].flatMap((table) =>
      readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n"),
    );
    const fields = lines.map((line) => line.trim().split(/\s+/));
    const inodes = new Set(fields.filter(([, , , state]) => state === ESTABLISHED).map((line) => line[9]));
    const numbers = readdirSync(`/proc/${pid}/fd`).map(Number);
    return numbers.filter((number) => inodes.has(inodeOf(pid, number)));
  } catch {
    return []; // the process has just ended
  }
}

function inodeOf(pid: number, number: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${number}`))?.[1];
  } catch {
    return undefined;
  }
}
