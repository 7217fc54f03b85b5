/** `ENOSPC: no space left on device, write`, or with the path behind it, as Node.js says it, also in another thread. */
const SYSTEM_ERROR = /^(E[A-Z0-9]+): ([^,]+), (\w+)(?: '(.*)')?$/s;

/**
 * What the system refused that no check saw before, as a sentence: the file and why, or the call and why.
 *
 * @returns undefined for an error that is none of the system
 */
export function systemErrorText(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  if (message.includes("without null bytes")) return "Expected a path without null bytes";
  const [, code, reason, call, path] = SYSTEM_ERROR.exec(message) ?? [];
  if (code === undefined) return error instanceof Error && "syscall" in error ? message : undefined;
  return path === undefined ? `${reason} (${code} of ${call})` : `${path}: ${reason} (${code} of ${call})`;
}
