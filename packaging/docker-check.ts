/**
 * npm run docker:check
 *
 * Builds examples/docker/Dockerfile around an application that has this package and Fastify, starts it, asks it for a vector, and stops
 * it. Needs Docker, whose daemon fetches node:22-slim, and the Hugging Face Hub; where there is no Docker it says so and checks nothing.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { packageRoot } from "../lib/runtime/paths.js";
import { packTarball } from "./tarball.js";

const IMAGE = "libbert-check";

/** How long the server may take until it answers, in seconds: the model is loaded first. */
const PATIENCE = 120;

if (spawnSync("docker", ["info"]).status === 0) await check();
else {
  console.error("Expected a Docker daemon that runs but found none: nothing was built");
  process.exitCode = 1;
}

async function check(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "libbert-docker-"));
  try {
    await writeApplication(join(folder, "application"), folder);
    docker("build", "--tag", IMAGE, join(folder, "application"));
    const container = docker("run", "--detach", "--publish", "127.0.0.1::8080", IMAGE);
    try {
      await askFor(docker("port", container, "8080"));
      docker("stop", "--time", "30", container);
      const status = docker("inspect", "--format", "{{.State.ExitCode}}", container);
      if (status !== "0")
        throw new Error(`Expected the server to end with 0 at SIGTERM, but it was ${status}`);
      console.error("The image was built, answered, and stopped");
    } finally {
      docker("rm", "--force", container);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An application as the Dockerfile wants it: its packages locked, and the tarball of this one beside them. */
async function writeApplication(application: string, folder: string): Promise<void> {
  mkdirSync(application);
  const { path } = await packTarball(folder);
  renameSync(path, join(application, "libbert.tgz"));
  const dependencies = { libbert: "file:libbert.tgz", fastify: "5" };
  writeFileSync(join(application, "package.json"), JSON.stringify({ private: true, dependencies }));
  execFileSync("npm", ["install", "--package-lock-only"], { cwd: application, stdio: "inherit" });
  copyFileSync(join(packageRoot, "examples/docker/Dockerfile"), join(application, "Dockerfile"));
}

/** Waits for the server, and asks it for a vector. */
async function askFor(address: string): Promise<void> {
  for (let second = 0; ; second++) {
    const healthy = await fetch(`http://${address}/health`).then(
      ({ ok }) => ok,
      () => false, // not yet
    );
    if (healthy) break;
    if (second === PATIENCE) throw new Error(`Nothing answered at ${address} within ${PATIENCE} seconds`);
    await setTimeout(1000);
  }
  const body = JSON.stringify({ inputs: ["a text"] });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`http://${address}/embed`, { method: "POST", headers, body });
  const [vector] = (await answer.json()) as number[][];
  if (vector?.length !== 384)
    throw new Error(`Expected a vector of 384 numbers, but status ${answer.status}`);
}

/** @returns what Docker prints at last */
function docker(...args: string[]): string {
  const output = execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return output.trim().split("\n").at(-1)!;
}
