import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../lib/distributed/launch.js";
import { breakConnection, canBreakConnections } from "../support/break-connection.js";
import { corpusFolder, type RunOptions, remainsOf, tenSteps } from "../support/pretraining-runs.js";
import { type Ended, type RankProcess, runRanks, startRanks } from "../support/ranks.js";
import { Draws } from "./draws.js";
import { tries } from "./tries.js";

const RANK = fileURLToPath(new URL("../pre-training/rank.js", import.meta.url));
const { data, newOutputDir } = await corpusFolder();
const TIMEOUT_SECONDS = 5;

/** What looking for a lost rank takes beyond the timeout, with what a busy machine adds. */
const BEYOND_TIMEOUT_SECONDS = 30;

const argumentsOf = (outputDir: string) => {
  const options = { ...tenSteps, data, batchSize: 4, snapshotEvery: 3, shardOptimizer: true, resume: true };
  return [JSON.stringify({ ...options, rankTimeout: TIMEOUT_SECONDS, outputDir } satisfies RunOptions)];
};

/** @returns what the run left, and the seconds that its processes took */
async function undisturbedRun(size: number, outputDir = newOutputDir()) {
  const ended = await runRanks(RANK, () => argumentsOf(outputDir), { size });
  for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
  return { remains: remainsOf(outputDir), seconds: Math.max(...ended.map(({ seconds }) => seconds)) };
}

/** What happens to one rank: at an update of its own, or so many seconds after its start. */
interface Fault {
  kind: "SIGKILL" | "SIGSTOP" | "connection";
  lost: number;
  moment: { step: number } | { seconds: number };
}

function drawnFault(draws: Draws, size: number, longest: number): Fault {
  const kinds = ["SIGKILL", "SIGSTOP", ...(canBreakConnections ? ["connection"] : [])] as Fault["kind"][];
  const kind = kinds[draws.below(kinds.length)]!;
  const isInTraining = kind !== "connection" && draws.below(2) === 0;
  const moment = isInTraining
    ? { step: 1 + draws.below(10) }
    : { seconds: (longest * draws.below(1000)) / 1000 };
  return { kind, lost: draws.below(size), moment };
}

/** Runs with the fault in it, until all have ended but one that stands still, which is ended then. */
async function disturbedRun(
  { kind, lost, moment }: Fault,
  outputDir: string,
  port: number,
  draws: Draws,
  size: number,
) {
  const argument = "step" in moment ? [`step:${moment.step}:${kind}`] : [];
  const processes = await startRanks(
    RANK,
    (rank) => [...argumentsOf(outputDir), ...(rank === lost ? argument : [])],
    { size, port },
  );
  const victim = processes[lost]!;
  if ("seconds" in moment) {
    await Promise.race([sleep(moment.seconds * 1000), victim.ended]);
    if (kind === "connection") await connectionBroken(victim, draws);
    else victim.child.kill(kind);
  }
  const struck = performance.now();
  const survivors = processes.filter((_, rank) => rank !== lost);
  const ended = await Promise.all(survivors.map((survivor) => survivor.ended));
  const seconds = (performance.now() - struck) / 1000;
  if (kind === "SIGSTOP") victim.child.kill("SIGKILL");
  await victim.ended;
  return { ended, seconds, processes };
}

/** Breaks one as soon as there is one. */
async function connectionBroken({ child }: RankProcess, draws: Draws): Promise<void> {
  while (child.exitCode === null && !breakConnection(child.pid!, (count) => draws.below(count)))
    await sleep(20);
}

function assertExplained({ kind, lost }: Fault, ended: readonly Ended[], shown: string): void {
  for (const { code, stderr } of ended) {
    if (code === 0) continue; // it came too late
    assert.match(stderr, /^ERR_DISTRIBUTED: [^\n]+\n$/, shown);
    if (kind !== "connection") assert.match(stderr, new RegExp(`ranks? ([\\d, ]*, )?${lost}\\b`, "i"), shown);
  }
}

/** @throws where something of the run still listens there */
async function assertFree(port: number): Promise<void> {
  const server = createServer().listen(port);
  await once(server, "listening");
  server.close();
}

const isRunning = ({ child }: RankProcess) => existsSync(`/proc/${child.pid}`);

for (const size of [2, 3].slice(0, tries(1, 2))) {
  test(`a rank of ${size} that is killed, stands still or loses a connection at any moment leaves survivors that name it, and a run that goes on bit for bit`, async () => {
    const { remains, seconds: longest } = await undisturbedRun(size);
    const draws = new Draws(size);
    for (let attempt = 0; attempt < tries(3, 30); attempt++) {
      const fault = drawnFault(draws, size, longest);
      const shown = `attempt ${attempt}: ${JSON.stringify(fault)}`;
      const [outputDir, port] = [newOutputDir(), await freePort()];
      const { ended, seconds, processes } = await disturbedRun(fault, outputDir, port, draws, size);
      assertExplained(fault, ended, shown);
      assert.ok(seconds < longest + TIMEOUT_SECONDS + BEYOND_TIMEOUT_SECONDS, `${shown}: ${seconds} seconds`);
      assert.deepEqual(processes.filter(isRunning), [], shown);
      await assertFree(port);
      assert.deepEqual((await undisturbedRun(size, outputDir)).remains, remains, shown);
    }
  });
}
