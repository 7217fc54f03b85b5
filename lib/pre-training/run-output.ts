import { writeCard } from "../card/write-card.js";
import { filesBelow } from "../files/directory-change.js";
import { goesWithModel } from "../files/model-files.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { deviceMemory } from "../tensor/device.js";
import { TextTokenizer } from "../tokenizer/text-tokenizer.js";
import { cardOfRun } from "./card.js";
import type { PretrainMetrics } from "./events.js";
import { evaluateHeldOut } from "./held-out.js";
import type { Run } from "./start-run.js";

/** One line for the updates since the last. @param randomPairShare of the running epoch */
export function writeLog(run: Run, learningRate: number, randomPairShare: number | null): void {
  const { progress, totalSteps, pretrainer, ranks } = run;
  const figures = run.meter.takeFigures();
  const memory = deviceMemory(pretrainer.compute.device);
  const event = {
    type: "step",
    step: progress.step,
    totalSteps,
    phase: run.phase + 1,
    ...figures,
    nspLoss: pretrainer.objective === "mlm+nsp" ? figures.nspLoss : null,
    randomPairShare,
    learningRate,
    residentMemory: process.memoryUsage.rss(),
    ...(memory && { memory }),
    ...(ranks && { reduction: ranks.takeReductionTime() }),
  } as const;
  progress.trainLoss = figures.loss;
  run.log.write(event);
  run.emit(event);
}

/** On the last phase's validation split, if it has one. */
export async function evaluate(run: Run): Promise<PretrainMetrics | null> {
  const { settings, pretrainer, ranks, signal } = run;
  const { validation } = run.corpora.at(-1)!;
  if (validation === null) return null;
  const { maxSeqLength, microBatchSize } = run.phases.at(-1)!;
  const sequences = settings.evaluationSequences;
  const options = { sequences, maxSeqLength, microBatchSize, signal, group: ranks?.group };
  const metrics = await run.meter.exclude(() => evaluateHeldOut(pretrainer, validation, options));
  const event = { type: "evaluation", step: run.progress.step, metrics } as const;
  run.log.write(event);
  run.emit(event);
  return metrics;
}

/** Every rank has to call it. */
export async function takeSnapshot({ meter, snapshots, times, progress, emit }: Run): Promise<void> {
  await meter.exclude(() => snapshots.write(progress));
  times.restart();
  emit({ type: "snapshot", step: progress.step });
}

/** Neither an interruption nor the end of a run loses anything. Where no snapshot can be written, that is said. */
export async function snapshotToResumeFrom(run: Run): Promise<void> {
  const { step } = run.progress;
  if (step === run.snapshots.newestStep) return;
  try {
    await takeSnapshot(run);
  } catch (error) {
    const message = `the snapshot of step ${step} could not be written: ${(error as Error).message}`;
    run.emit({ type: "notice", message });
  }
}

/** Writes the model and its tokenizer, as `fineTune()` and transformers load them. */
export async function save(
  run: Run,
  output: OutputDirectory,
  metrics: PretrainMetrics | null,
): Promise<void> {
  const { phases, corpora, pretrainer } = run;
  const { textLayout } = pretrainer.config.family;
  const tokenizer = await TextTokenizer.load(corpora[0]!.train.tokenizerDirectory, textLayout);
  const modelMaxLength = Math.max(...phases.map(({ maxSeqLength }) => maxSeqLength));
  await output.change("the model", {
    async write(staging) {
      await tokenizer.write(staging, { modelMaxLength });
      pretrainer.write(staging, filesBelow(staging));
      writeCard(cardOfRun(run, metrics), staging, output.path);
    },
    replaces: goesWithModel,
  });
}

/** Says where the model is, and what else takes room there. */
export function announceSaved({ settings: { outputDir }, snapshots, emit }: Run): void {
  emit({ type: "saved", directory: outputDir, snapshots: snapshots.onDisk() });
}
