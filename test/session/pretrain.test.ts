import "../support/own-process.js";
import "../support/one-thread.js";

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { type PretrainEvent, type PretrainOptions, pretrain } from "../../lib/index.js";
import { DEVICE } from "../support/device.js";
import {
  corpusFolder,
  logLines,
  noticesOf,
  prepareTinyCorpus,
  remainsOf,
  run,
  snapshotNames,
  stepsOf,
  tenSteps,
} from "../support/pretraining-runs.js";
import { failureOf } from "./support.js";
import { assertNothingLeft } from "./workers.js";

const { directory, data, newOutputDir } = await corpusFolder();
const reason = new Error("changed my mind");

afterEach(() => assertNothingLeft(0));

/** Pre-trains, and collects the events. */
async function pretrainWith(options: Partial<PretrainOptions>) {
  const events: PretrainEvent[] = [];
  const outputDir = newOutputDir();
  const onProgress = (event: PretrainEvent) => void events.push(event);
  const result = await pretrain({ ...tenSteps, data, outputDir, onProgress, ...options });
  return { events, result, outputDir };
}

test("pretrain tells its course in events and in the log, and its result", async () => {
  const { events, result, outputDir } = await pretrainWith({ evaluateEvery: 5, logEvery: 2 });
  const { metrics, trainLoss, tokensPerSecond, ...rest } = result;
  assert.deepEqual(rest, { steps: 10, outputDir });
  assert.ok(tokensPerSecond > 0);
  assert.equal(trainLoss, stepsOf(events).at(-1)!.loss);
  assert.deepEqual(Object.keys(metrics!).sort(), [
    "mlmAccuracy",
    "nspAccuracy",
    "perplexity",
    "randomPairShare",
    "sequences",
  ]);
  assert.deepEqual(
    events.map((event) => ("step" in event ? `${event.type} ${event.step}` : event.type)),
    [
      ...[
        "start",
        "step 2",
        "step 4",
        "evaluation 5",
        "snapshot 5",
        "step 6",
        "step 8",
        "step 10",
        "snapshot 10",
      ],
      ...["evaluation 10", "saved"],
    ],
  );
  const start = events[0] as PretrainEvent & { type: "start" };
  assert.deepEqual(
    [start.firstStep, start.totalSteps, start.device, start.dtype],
    [0, 10, DEVICE, "float32"],
  );
  assert.ok(start.documents > 50 && start.tokens > 2000 && start.parameters > 10_000);

  const logged = events.filter(({ type }) => type === "step" || type === "evaluation");
  const withoutMachine = logged.map((event) => {
    const { tokensPerSecond, remainingSeconds, residentMemory, ...fact } = event as Extract<
      PretrainEvent,
      { type: "step" }
    >;
    return fact;
  });
  assert.deepEqual(logLines(outputDir), withoutMachine);
});

test("pretrain leaves what the same run in one thread leaves, also beside another", async () => {
  const fresh = { ...tenSteps, continueFrom: undefined, size: "tiny" } as const;
  const beside = [1, 2].map((seed) => pretrainWith({ ...fresh, seed }));
  for (const [index, { outputDir }] of (await Promise.all(beside)).entries()) {
    const alone = newOutputDir();
    await run({ ...fresh, seed: index + 1, data, outputDir: alone });
    assert.deepEqual(remainsOf(outputDir), remainsOf(alone));
  }
});

test("an abort rejects with the reason within one update, and the run goes on later to the same end", async () => {
  const { outputDir: undisturbed } = await pretrainWith({ steps: 60 });
  const outputDir = newOutputDir();
  const controller = new AbortController();
  const steps: number[] = [];
  const onProgress = (event: PretrainEvent) => {
    if (event.type === "step") steps.push(event.step);
    if (event.type === "step" && event.step === 13) controller.abort(reason);
  };
  const options = { ...tenSteps, steps: 60, data, outputDir };
  assert.equal(await failureOf(pretrain({ ...options, signal: controller.signal, onProgress })), reason);
  assert.ok(steps.at(-1)! < 60, "the run was over before it could be stopped");
  assert.equal(Number(snapshotNames(outputDir).at(-1)!.slice(5)), steps.at(-1));
  assert.ok(!existsSync(join(outputDir, ".lock")));
  await pretrain({ ...options, resume: true });
  assert.deepEqual(remainsOf(outputDir), remainsOf(undisturbed));
});

test("a signal that is aborted already leaves no directory behind", async () => {
  const outputDir = newOutputDir();
  const aborted = pretrain({ ...tenSteps, data, outputDir, signal: AbortSignal.abort(reason) });
  assert.equal(await failureOf(aborted), reason);
  assert.ok(!existsSync(outputDir));
});

test("an abort stops a long evaluation, and resuming makes it again", async () => {
  const many = await prepareTinyCorpus(join(directory, "many"), { count: 1200, validationShare: 0.9 });
  const { result, outputDir: undisturbed } = await pretrainWith({ data: many, evaluationSequences: 100_000 });
  const outputDir = newOutputDir();
  const controller = new AbortController();
  const types: string[] = [];
  const onProgress = ({ type }: PretrainEvent) => {
    types.push(type);
    if (type === "step" && types.length > 10) setTimeout(() => controller.abort(reason), 50);
  };
  const options = { ...tenSteps, data: many, evaluationSequences: 100_000, outputDir };
  assert.equal(await failureOf(pretrain({ ...options, signal: controller.signal, onProgress })), reason);
  assert.equal(types.at(-1), "snapshot");
  assert.ok(!types.includes("evaluation"));
  assert.deepEqual((await pretrain({ ...options, resume: true })).metrics, result.metrics);
  assert.deepEqual(remainsOf(outputDir), remainsOf(undisturbed));
});

test("what onProgress throws is what pretrain rejects with, from whichever event", async () => {
  for (const type of ["start", "step", "snapshot", "evaluation", "saved"]) {
    const thrown = new Error(`from ${type}`);
    const onProgress = (event: PretrainEvent) => {
      if (event.type === type) throw thrown;
    };
    assert.equal(await failureOf(pretrainWith({ onProgress })), thrown);
  }
});

test("of two runs in one directory one is refused and the other goes through", async () => {
  const outputDir = newOutputDir();
  const both = [1, 2].map(() => pretrain({ ...tenSteps, steps: 100, data, outputDir, overwrite: true }));
  const [won, refused] = (await Promise.allSettled(both)).sort((a, b) => (a.status < b.status ? -1 : 1));
  assert.equal(won!.status, "fulfilled");
  assert.match(
    (refused as PromiseRejectedResult).reason.message,
    /^Expected a directory that no other run uses/,
  );
  assert.deepEqual(readdirSync(outputDir).includes(".lock"), false);
});

test("a wrong option is refused at once, with the nearest name or what was expected", async () => {
  const outputDir = newOutputDir();
  for (const [options, message] of [
    [{ learnRate: 1 }, 'Unknown option "learnRate": did you mean learningRate?'],
    [{ steps: 0 }, "Expected a value above 0 for steps but received 0"],
    [{ maskSplit: "80/10" }, /^Expected three percentages .* for maskSplit but received "80\/10"$/],
    [{ maskSplit: "80/10/20" }, /that add up to 100/],
    [{ objective: "nsp" }, 'Expected "mlm+nsp" or "mlm" or "causal" for objective but received "nsp"'],
    [{ phases: [] }, "Expected at least 1 element for phases but received an array of 0 elements"],
    [{ phases: [{ seed: 3 }] }, /^Unknown option "phases\.0\.seed"/],
    [{ maxSeqLength: 4 }, "Expected a value of at least 5 for maxSeqLength but received 4"],
  ] as [object, string | RegExp][]) {
    const error = await failureOf(pretrain({ ...tenSteps, data, outputDir, ...options }));
    assert.equal(error.code, "ERR_OPTION");
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
  }
  assert.ok(!existsSync(outputDir));
});

test("a recipe is a start that options win over", async () => {
  const { events } = await pretrainWith({ recipe: "paper", steps: 3 });
  // The paper's 1 % of warm-up is overruled by the ten steps' own 20 %.
  assert.deepEqual(
    stepsOf(events).map(({ totalSteps }) => totalSteps),
    [3, 3, 3],
  );
  assert.deepEqual(noticesOf(events), []);
  assert.match((await failureOf(pretrainWith({ recipe: "papre" as "paper" }))).message, /for recipe/);
});
