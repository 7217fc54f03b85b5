import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What is tried: a program with its arguments, and in which folder. */
export interface Command {
  program: string;
  args: string[];
  cwd: string;
}

/**
 * Tries something, and tells on standard error what came of it.
 *
 * @param what it is, for those who read along
 * @returns why it did not work; `null` where it did
 */
export async function attempt(what: string, { program, args, cwd }: Command): Promise<string | null> {
  try {
    await promisify(execFile)(program, args, { cwd });
    console.error(`${what}: works`);
    return null;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    const problem = `${stdout}${stderr}`.trim() || String(error);
    console.error(`${what}: does not work\n${problem.replace(/^/gm, "  ")}`);
    return problem;
  }
}
