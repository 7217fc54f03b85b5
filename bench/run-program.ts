import { spawnSync } from "node:child_process";

/** Runs a program to its end and returns what it printed. @throws Error with what it said, when it fails */
export function runProgram(
  program: string,
  parameters: string[],
  environment: NodeJS.ProcessEnv = {},
): string {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`${program} ended with exit code ${status}: ${error?.message ?? stderr}`);
  return stdout;
}
