import "../support/one-thread.js";

import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { PretrainMetrics } from "../../lib/pre-training/events.js";
import {
  corpusFolder,
  logLines,
  prepareTinyCorpus,
  type RunOptions,
  remainsOf,
  run,
  runAndAbort,
  snapshotNames,
  tenSteps,
} from "../support/pretraining-runs.js";
import { type Ended, runRanks, runRanksInTurn, startRanks } from "../support/ranks.js";
import { assertClose } from "../support/tolerance.js";

const RANK = fileURLToPath(new URL("rank.js", import.meta.url));
const RANK_IN_TURN = fileURLToPath(new URL("rank-in-turn.js", import.meta.url));
const { directory, data, newOutputDir } = await corpusFolder();

let undisturbed: Course; // of ten steps: of one process, as of any number
before(async () => {
  undisturbed = await courseAlone({ ...tenSteps, outputDir: newOutputDir() });
});

interface Course {
  losses: number[];
  metrics: PretrainMetrics;
}

/** As a rank prints it: with the tensors that were alive after each update. */
type CourseOfRank = Course & { tensors: number[] };

const argumentsOf = (options: RunOptions) => [JSON.stringify({ data, ...options })];

/** The course of a run of one process: this one. */
async function courseAlone(options: RunOptions): Promise<Course> {
  const { losses, result } = await run({ data, ...options });
  return { losses, metrics: result.metrics! };
}

/** What each rank of a run says of its course. */
async function courses(options: RunOptions, size: number): Promise<CourseOfRank[]> {
  const ended = await runRanks(RANK, () => argumentsOf(options), { size });
  return ended.map(({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  });
}

/** Of each of some runs, the course as each rank says it. */
function coursesInTurn(runs: RunOptions[], size: number): Promise<CourseOfRank[][]> {
  const optionsOf = runs.map((options) => () => ({ data, ...options, outputDir: newOutputDir() }));
  return runRanksInTurn(RANK_IN_TURN, optionsOf, size);
}

/** @param tensors alive after each of fifteen updates */
function assertNoneLeft(tensors: number[], who: string): void {
  assert.equal(tensors.length, 15, who);
  assert.deepEqual(new Set(tensors.slice(1)), new Set([tensors[1]!]), who);
}

/** Fifteen updates of 8 sequences over all processes; the tiny model has dropout of 0.1. */
const fifteenSteps = {
  ...tenSteps,
  steps: 15,
  snapshotEvery: 10,
  evaluationSequences: 16,
  overwrite: true,
} satisfies RunOptions;

/**
 * Every rank adds up its own rows before the sum over the ranks, and chunks of the norm are added in another order:
 * float32 rounding, of about 1e-7, that the updates carry on.
 */
const SUMMED_IN_ANOTHER_ORDER = { relative: 1e-5 };

test("2 processes with 4 sequences each and 4 with 2 learn as one with 8 does: adamw and lamb, also sharded and with micro-batches, and no update leaves a tensor behind", async () => {
  const courseOf = (options: RunOptions) =>
    courseAlone({ ...fifteenSteps, ...options, outputDir: newOutputDir() });
  const alone = {
    adamw: await courseOf({ optimizer: "adamw" }),
    lamb: await courseOf({ optimizer: "lamb" }),
  };
  for (const { losses } of Object.values(alone)) assert.ok(losses.at(-1)! < losses[0]! - 0.1, "it learns");
  const both = { shardOptimizer: true, microBatchSize: 1 };
  for (const [size, ways] of [
    [2, [{}, { shardOptimizer: true }, { microBatchSize: 1 }, both]],
    [4, [both]],
  ] as const) {
    const variants = (["adamw", "lamb"] as const).flatMap((optimizer) =>
      ways.map((way) => ({ optimizer, ...way })),
    );
    const ofRanks = variants.map((variant) => ({ ...fifteenSteps, ...variant, batchSize: 8 / size }));
    for (const [index, together] of (await coursesInTurn(ofRanks, size)).entries()) {
      const { losses, metrics } = alone[variants[index]!.optimizer];
      for (const [rank, course] of together.entries()) {
        const who = `rank ${rank} of ${size}, ${JSON.stringify(variants[index])}`;
        assertClose(course.losses, losses, SUMMED_IN_ANOTHER_ORDER, `losses of ${who}`);
        assertNoneLeft(course.tensors, who);
        const { perplexity, ...figures } = course.metrics;
        const { perplexity: expected, ...expectedFigures } = metrics;
        assert.deepEqual(figures, expectedFigures, who);
        assertClose([perplexity], [expected], { relative: 1e-4 }, `perplexity of ${who}`);
      }
    }
  }
});

test("bfloat16 weights learn as on one process, as far as their rounding lets them, also with bfloat16 on the way", async () => {
  const options = { ...fifteenSteps, dtype: "bfloat16" } satisfies RunOptions;
  const alone = await courseAlone({ ...options, outputDir: newOutputDir() });
  const variants: RunOptions[] = [
    {},
    { shardOptimizer: true, microBatchSize: 2 },
    { reduceDtype: "bfloat16" },
  ];
  const ofRanks = variants.map((variant) => ({ ...options, ...variant, batchSize: 4 }));
  for (const [index, together] of (await coursesInTurn(ofRanks, 2)).entries()) {
    assert.deepEqual(together[1], together[0]);
    assertNoneLeft(together[0]!.tensors, JSON.stringify(variants[index]));
    // One gradient rounded to bfloat16 is off by up to 0.4 %, and the losses are of some 4.
    assertClose(together[0]!.losses, alone.losses, { relative: 5e-3 }, JSON.stringify(variants[index]));
  }
});

test("rank 0 writes all files, and they are those of one process", async () => {
  const outputDirs = [newOutputDir(), newOutputDir()] as const;
  await courseAlone({ ...tenSteps, outputDir: outputDirs[0] });
  await courses({ ...tenSteps, batchSize: 4, shardOptimizer: true, outputDir: outputDirs[1] }, 2);
  const [alone, together] = outputDirs.map(remainsOf);
  assert.deepEqual(together!.files, alone!.files);
  assert.deepEqual(together!.snapshots, alone!.snapshots);
  assert.deepEqual(together!.state.settings, alone!.state.settings);
  assert.equal(together!.log.length, alone!.log.length);
});

test("ranks may differ in what changes nothing for the others, such as paths and micro-batches, and share the evaluation", async () => {
  const [elsewhere, checkpoint] = [join(directory, "elsewhere"), join(directory, "checkpoint")];
  cpSync(data, elsewhere, { recursive: true });
  cpSync(tenSteps.continueFrom, checkpoint, { recursive: true });
  const outputDir = newOutputDir();
  const ofRank1 = {
    ...{ data: elsewhere, continueFrom: checkpoint, microBatchSize: 3, device: "auto" },
    ...{ logEvery: 3, keepSnapshots: 1, overwrite: true, rankTimeout: 60 },
  };
  const own = (rank: number) => (rank === 0 ? {} : ofRank1);
  const ended = await runRanks(
    RANK,
    (rank) => argumentsOf({ ...tenSteps, evaluationSequences: 25, rankTimeout: 30, outputDir, ...own(rank) }),
    { size: 2 },
  );
  const metrics = ended.map(({ code, stdout, stderr }) => {
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).metrics as PretrainMetrics;
  });
  assert.deepEqual(metrics[1], metrics[0]);
  assert.equal(metrics[0]!.sequences, 25);
});

test("ranks go on together whether a setting is the run's, its only phase's or a default", async () => {
  const data = await prepareTinyCorpus(join(directory, "alike"), { count: 20 });
  const { steps, maxSeqLength, ...others } = { ...tenSteps, steps: 1, data, outputDir: newOutputDir() };
  const ofPhase = {
    ...others,
    phases: [{ steps, maxSeqLength, learningRate: tenSteps.learningRate }],
    seed: 1,
  };
  const ended = await runRanks(
    RANK,
    (rank) => argumentsOf(rank === 0 ? { ...others, steps, maxSeqLength } : ofPhase),
    { size: 2 },
  );
  for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
});

test("ranks with other documents, or that would evaluate at other steps, are refused, naming it", async () => {
  const text = (first: string) => Array(20).fill(`the film was ${first} .\nthe end is bad .`).join("\n\n");
  const [good, dull] = await Promise.all(
    ["good", "dull"].map((word) =>
      prepareTinyCorpus(join(directory, word), { text: text(word), validationShare: 0 }),
    ),
  );
  const differing: [string, (rank: number) => RunOptions][] = [
    ["data", (rank) => ({ data: rank === 0 ? good : dull })],
    ["evaluateEvery", (rank) => ({ evaluateEvery: 2 + rank })],
    ["evaluationSequences", (rank) => ({ evaluationSequences: 8 + rank })],
    ["reduceDtype", (rank) => (rank === 0 ? {} : { reduceDtype: "bfloat16" })],
  ];
  const outputDir = newOutputDir();
  const runs = differing.map(([, own]) => (rank: number) => ({ data, ...tenSteps, ...own(rank), outputDir }));
  const outcomes = await runRanksInTurn<{ code?: string; message?: string }>(RANK_IN_TURN, runs, 2);
  for (const [index, [what]] of differing.entries()) {
    for (const { code, message } of outcomes[index]!) {
      assert.equal(code, "ERR_DISTRIBUTED");
      assert.match(message!, new RegExp(`Expected the same ${what} on all ranks but received`));
    }
  }
});

test("a snapshot of one process is one for 2, theirs one for 4, and back: all go on as the first would have", async () => {
  const outputDir = newOutputDir();
  const options = { data, ...tenSteps, shardOptimizer: true, snapshotEvery: 2, resume: true, outputDir };
  await runAndAbort(options, 2);
  for (const [size, killedAt] of [
    [2, 4],
    [4, 6],
    [2, 8],
  ] as const)
    await stoppedAt(killedAt, { ...options, batchSize: 8 / size }, size);
  const { losses } = await courseAlone(options);
  assert.equal(losses.length, 2);
  const logged = logLines(outputDir).filter(({ type }) => type === "step");
  assertClose(
    logged.map(({ loss }) => loss),
    undisturbed.losses,
    SUMMED_IN_ANOTHER_ORDER,
  );
});

test("another number of processes with the same batchSize each is refused, on all of them", async () => {
  const options = { ...tenSteps, steps: 1, outputDir: newOutputDir() };
  await courseAlone(options);
  const ended = await runRanks(RANK, () => argumentsOf({ ...options, resume: true }), { size: 2 });
  const said = "Expected 8, as in the run to resume, for batchSize but received 16 over all processes";
  const own = ended.filter(({ stderr }) => stderr === `ERR_OPTION: ${said}\n`);
  assert.ok(own.length > 0);
  for (const { code, stderr } of ended) {
    assert.equal(code, 1);
    assert.ok(stderr.includes(said), stderr);
  }
});

/** Runs until rank 0 has written the snapshot of a step, and kills it there. */
async function stoppedAt(step: number, options: RunOptions, size: number): Promise<void> {
  const ended = await runRanks(
    RANK,
    (rank) => [...argumentsOf(options), ...(rank === 0 ? [`snapshot:${step}`] : [])],
    { size },
  );
  assert.equal(ended[0]!.signal, "SIGKILL", ended[0]!.stderr);
}

test("whether the evaluation of a snapshot's step is still to be made is rank 0's to say, whatever the others find", async () => {
  const [first, second] = [newOutputDir(), newOutputDir()];
  const options = { ...tenSteps, batchSize: 4, evaluateEvery: 5, rankTimeout: 20 } satisfies RunOptions;
  await stoppedAt(5, { ...options, outputDir: first }, 2);
  cpSync(first, second, { recursive: true });
  rmSync(join(second, "log.jsonl"));
  const ended = await runRanks(
    RANK,
    (rank) => argumentsOf({ ...options, resume: true, outputDir: rank === 0 ? first : second }),
    { size: 2 },
  );
  for (const { code, stderr } of ended) assert.equal(code, 0, stderr);
  const evaluated = logLines(first).filter(({ type }) => type === "evaluation");
  assert.deepEqual(
    evaluated.map(({ step }) => step),
    [5, 10],
  );
});

test("a signal to one process stops all after the same update, with a snapshot to go on from", async () => {
  const outputDir = newOutputDir();
  const options = { ...tenSteps, steps: 5000, batchSize: 4, snapshotEvery: 5000, logEvery: 1, outputDir };
  const processes = await startRanks(RANK, () => argumentsOf(options), { size: 2 });
  await until(() => logOf(outputDir).length > 5);
  processes[1]!.child.kill("SIGTERM");
  const [first, second] = (await Promise.all(processes.map(({ ended }) => ended))) as [Ended, Ended];
  assert.equal(first.stderr, "ERR_STOPPED: Another rank was asked to stop\n");
  assert.equal(second.stderr, "ERR_STOPPED: asked to stop\n");
  const steps = snapshotNames(outputDir).map((name) => Number(name.split("-")[1]));
  const updates = logOf(outputDir).filter((line) => JSON.parse(line).type === "step"); // the log's first line says what the run is
  assert.deepEqual(steps, [updates.length]);
});

function logOf(outputDir: string): string[] {
  if (!readdirSync(directory).includes(outputDir.split("/").at(-1)!)) return [];
  if (!readdirSync(outputDir).includes("log.jsonl")) return [];
  return readFileSync(join(outputDir, "log.jsonl"), "utf8").split("\n").filter(Boolean);
}

async function until(isDone: () => boolean): Promise<void> {
  for (let tries = 0; !isDone(); tries++) {
    assert.ok(tries < 600, "it happens within a minute");
    await sleep(100);
  }
}
