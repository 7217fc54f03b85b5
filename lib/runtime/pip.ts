import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { LibbertError } from "../errors.js";
import { pythonCommand } from "./python.js";

/**
 * What pip says last where no index has a package that meets a requirement and runs here. The other words are for a package
 * that its settings constrain, too.
 */
const NOT_THERE = /No matching distribution found|ResolutionImpossible/;

/**
 * Installs the first of these requirements that there is a package for, without what it requires in turn.
 * @param site the folder that it is installed into
 * @throws LibbertError `ERR_RUNTIME` with pip's last words: of a failure for another reason, the next is no remedy
 */
export async function installFirst(requirements: readonly string[], site: string): Promise<void> {
  let failure: unknown;
  for (const requirement of requirements) {
    try {
      return await pip(["--no-deps", "--target", site, requirement], site);
    } catch (error) {
      rmSync(site, { recursive: true, force: true });
      if (!NOT_THERE.test((error as Error).message)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Installs packages and what they require. @throws as `installFirst` does */
export function installAll(requirements: readonly string[], site: string): Promise<void> {
  return pip(["--target", site, ...requirements], site);
}

/** Runs `pip install`; pip shows its progress on standard error. */
async function pip(args: string[], site: string): Promise<void> {
  const temporary = join(site, "..", "tmp"); // beside the target: /tmp is often too small
  mkdirSync(temporary, { recursive: true });
  const flags = ["--no-compile", "--only-binary=:all:", "--disable-pip-version-check"];
  const child = spawn(pythonCommand(), ["-m", "pip", "install", ...flags, ...args], {
    cwd: temporary,
    stdio: ["ignore", 2, "pipe"],
    // A configured `user = true` contradicts --target.
    env: { ...process.env, TMPDIR: temporary, PIP_USER: "0" },
  });
  const [errors, [exitCode]] = await Promise.all([text(child.stderr!), once(child, "close")]);
  if (exitCode === 0) return;
  const end = errors.trim().split("\n").slice(-8).join("\n");
  throw new LibbertError("ERR_RUNTIME", `pip could not install ${args.at(-1)}:\n${end}`);
}
