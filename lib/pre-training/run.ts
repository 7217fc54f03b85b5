import { isHistogramDue } from "../options/tensorboard-options.js";
import { pageOf } from "../report/page-of.js";
import { writeReportBeside } from "../report/write-report.js";
import { explained } from "../snapshots/run-errors.js";
import { StoppedByRank, train } from "../train/train.js";
import { isEvaluationDue, isLogDue } from "./due.js";
import type { PretrainResult } from "./events.js";
import type { Phase } from "./options.js";
import { phaseTraining } from "./phase-training.js";
import { announceSaved, evaluate, save, snapshotToResumeFrom, takeSnapshot, writeLog } from "./run-output.js";
import type { PretrainContext, RunParts } from "./run-parts.js";
import { type Run, startRun } from "./start-run.js";

/** One pre-training: its phases, with log, evaluations and snapshots, and the model that comes of them. */
export async function runPhases(parts: RunParts, context: PretrainContext): Promise<PretrainResult> {
  const run = await startRun(parts, context);
  const { progress, meter } = run;
  try {
    // Where an evaluation was interrupted, the snapshot to go on from is of its step.
    if (isEvaluationDue(run, progress.step) && !isEvaluated(run)) await evaluate(run);
    await trainPhases(run);
    const metrics = await evaluate(run);
    if (run.output) await save(run, run.output, metrics);
    await snapshotToResumeFrom(run);
    if (run.output) {
      await writeReportBeside(run.output, pageOf, (message) => run.emit({ type: "notice", message }));
      announceSaved(run);
    }
    return {
      metrics,
      trainLoss: progress.trainLoss!,
      tokensPerSecond: meter.tokensPerSecond,
      steps: progress.step,
      ...(run.budget && { budget: run.budget }),
      outputDir: run.settings.outputDir,
    };
  } catch (error) {
    const isStopped = error === context.signal?.reason || error instanceof StoppedByRank;
    if (!isStopped) throw explained(error, endOf(run));
    await snapshotToResumeFrom(run);
    run.ranks?.group.barrier(); // the launcher must not see a rank end before the snapshot is there
    throw error;
  }
}

/** All ranks take part in an evaluation or none: rank 0, which has the log, tells the others. */
function isEvaluated({ log, progress, ranks }: Run): boolean {
  const ofThisRank = log.hasEvaluation(progress.step);
  return ranks ? ranks.group.sum([Number(ofThisRank)])[0] === 1 : ofThisRank;
}

async function trainPhases(run: Run): Promise<void> {
  let stepsBefore = 0; // of the phases before
  for (const [index, phase] of run.phases.entries()) {
    run.phase = index;
    if (run.progress.step < stepsBefore + phase.steps) await trainPhase(run, phase, stepsBefore);
    stepsBefore += phase.steps;
  }
}

/** The loop: count every update, log, evaluate and take a snapshot where they are due. */
async function trainPhase(run: Run, phase: Phase, stepsBefore: number): Promise<void> {
  const { progress, meter, pretrainer } = run;
  const { training, stream } = phaseTraining(run, phase, stepsBefore);
  pretrainer.train(true);
  const updates = train(training);
  let isFirst = true;
  for await (const reports of updates) {
    if (isFirst) noticeRandomPairs(run, stream.randomPairShare);
    isFirst = false;
    for (const report of reports) meter.count(report);
    progress.step += reports.length;
    const { step } = progress;
    if (isHistogramDue(run.settings, step)) run.board?.tellWeights(pretrainer.parameters, step);
    if (isLogDue(run, step)) writeLog(run, reports.at(-1)!.learningRate, stream.randomPairShare);
    // Weights that give no number are a divergence: the loop goes back to the last good ones.
    if (isEvaluationDue(run, step)) await evaluate(run).catch((error) => updates.throw(error));
    if (run.times.isDue(step)) await takeSnapshot(run);
  }
}

/** With far more random pairs than the half that is drawn, saying "random" is right too often. */
const MANY_RANDOM_PAIRS = 0.8;

function noticeRandomPairs({ emit }: Run, share: number | null): void {
  if (share === null || share <= MANY_RANDOM_PAIRS) return;
  const percent = (100 * share).toFixed(0);
  const message =
    `${percent} % of the pairs are random, as most documents have few sentences: who always says so has a next-sentence ` +
    `accuracy of ${share.toFixed(2)}`;
  emit({ type: "notice", message });
}

function endOf({ settings, phases, phase, progress, snapshots }: Run) {
  return {
    outputDir: settings.outputDir,
    phase: phases.length > 1 ? phase + 1 : null,
    step: progress.step,
    snapshotStep: snapshots.newestStep,
  };
}
