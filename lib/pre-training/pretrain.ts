import { clockSince } from "../budget/clock.js";
import { DataParallel } from "../distributed/data-parallel.js";
import type { ProcessGroup } from "../distributed/group.js";
import { SINGLE_PROCESS } from "../distributed/partition.js";
import { chooseComputeOf, factsOfCompute, withRanks } from "../distributed/ranks.js";
import { expected } from "../errors.js";
import { ensureWritable, type OutputDirectory } from "../files/output-directory.js";
import { longestSequence } from "../models/encoder-config.js";
import { createOptimizer } from "../optim/create-optimizer.js";
import { optionsOfAllRanks } from "../options/option.js";
import { checkTensorboard } from "../options/tensorboard-options.js";
import { LOG } from "../report/run-files.js";
import { openRunDirectory } from "../snapshots/run-directory.js";
import { SNAPSHOTS } from "../snapshots/snapshot-folder.js";
import { Board, withBoard } from "../tensorboard/board.js";
import { continuedPretrainer, newPretrainer, openOrigin } from "./build-pretrainer.js";
import { completeSettings } from "./complete-settings.js";
import { type Computation, computationOf, contentOf, namedSettings } from "./computation.js";
import { dataOptionsOf } from "./data-options.js";
import type { PretrainResult } from "./events.js";
import { learnableCorpora } from "./learnable-corpora.js";
import { OpenCorpora, type PreparedCorpora } from "./open-corpora.js";
import { ofPhase, type PretrainSettings, phaseOptions, phasesOf, pretrainOptions } from "./options.js";
import { runPhases } from "./run.js";
import { SETTINGS } from "./run-files.js";
import type { PretrainContext, RunParts } from "./run-parts.js";
import { storedChoice } from "./stored-settings.js";
import { vocabularyFingerprint } from "./vocabulary-fingerprint.js";
import { pretrainWithinBudget } from "./within-budget.js";

/** Pre-trains a model on prepared shards (paper, section 3.1), or goes on with a checkpoint or an interrupted run. */
export async function runPretraining(
  given: PretrainSettings,
  context: PretrainContext,
): Promise<PretrainResult> {
  const settings = completeSettings(given);
  const timed = { ...context, clock: context.clock ?? clockSince() };
  checkTensorboard(settings);
  return withRanks(settings, factsOfSettings(settings), context.signal, async (group) => {
    using output = (group?.rank ?? 0) === 0 ? await reservedOutput(settings, context) : null;
    const planned =
      settings.budget === undefined
        ? { settings, budget: storedChoice(settings) }
        : await pretrainWithinBudget(settings, timed, group);
    return await preparedRun(planned, context, { group, output });
  });
}

/** What has to be alike on all ranks before they open a file, however it is given: once for the run, or in each phase. */
function factsOfSettings(settings: PretrainSettings) {
  const all = Object.entries(optionsOfAllRanks(pretrainOptions, settings));
  const ofRun = Object.fromEntries(all.filter(([name]) => !(name in phaseOptions.shape)));
  const isPlanned = settings.budget === undefined; // else all phases are what the first rank chooses
  const phases = (isPlanned ? phasesOf(settings) : []).map((phase) => optionsOfAllRanks(phaseOptions, phase));
  return namedSettings({ ...ofRun, phases });
}

/** The settings of a run, and what they were chosen by. */
type Planned = Pick<RunParts, "settings" | "budget">;

async function preparedRun(
  { settings, budget }: Planned,
  context: PretrainContext,
  { group, output }: { group: ProcessGroup | undefined } & Pick<RunParts, "output">,
): Promise<PretrainResult> {
  const phases = phasesOf(settings);
  const origin = settings.continueFrom === undefined ? null : await openOrigin(settings.continueFrom);
  const compute = chooseComputeOf(group, settings);
  const { rank, size: processes } = group ?? SINGLE_PROCESS;
  using board = rank === 0 ? boardOf(settings, context) : null;
  await using opened = new OpenCorpora(phases, await vocabularyFingerprint(origin));
  const training = opened.phases.map(({ train }) => train);
  const { dtype } = compute;
  const computation = await computationOf({ settings, phases, corpora: training, origin, dtype, processes });
  await group?.compare("contents", {
    ...factsOfContents(computation, opened.phases),
    ...factsOfCompute(compute),
    ...(compute.device !== "cpu" && { logEvery: settings.logEvery }), // a GPU's losses are read then, by all ranks
  });

  const notify = (message: string) => context.emit({ type: "notice", message });
  using pretrainer = origin
    ? continuedPretrainer(origin, settings, compute, notify)
    : newPretrainer(settings, training[0]!.vocabulary, compute);
  checkLengths(settings, longestSequence(pretrainer.config.encoder));
  const { objective } = pretrainer;
  const corpora = learnableCorpora(opened.phases, { settings, phases, objective }, notify);
  using ranks = group && new DataParallel(group, pretrainer.parameters, settings);
  const optimizer = createOptimizer(settings.optimizer, pretrainer.parameters, settings.weightDecay, ranks);
  const dataOptions = dataOptionsOf(settings, pretrainer);
  try {
    return await runPhases(
      { settings, budget, phases, corpora, computation, dataOptions, pretrainer, optimizer, ranks, output },
      withBoard(context, board),
    );
  } finally {
    optimizer.dispose();
  }
}

const RUN_FILES = [SNAPSHOTS, SETTINGS, LOG];

function reservedOutput(
  settings: PretrainSettings,
  { signal, emit }: PretrainContext,
): Promise<OutputDirectory> {
  const { outputDir, overwrite, resume } = settings;
  const notify = (message: string) => emit({ type: "notice", message });
  return openRunDirectory(outputDir, RUN_FILES, { overwrite, resume, signal, notify });
}

/** Where TensorBoard looks for the run; null where it shows nothing. */
function boardOf({ tensorboardDir, ...settings }: PretrainSettings, { emit }: PretrainContext): Board | null {
  if (tensorboardDir === undefined) return null;
  ensureWritable(tensorboardDir, "tensorboardDir");
  return new Board(tensorboardDir, settings, (message) => emit({ type: "notice", message }));
}

/** What has to be alike on all ranks of what their files hold. */
function factsOfContents(computation: Computation, corpora: readonly PreparedCorpora[]) {
  const { validation } = corpora.at(-1)!;
  return { ...namedSettings(computation), "validation documents": contentOf(validation) };
}

function checkLengths(settings: PretrainSettings, longest: number): void {
  for (const [index, { maxSeqLength }] of phasesOf(settings).entries()) {
    const option = ofPhase(settings, index, "maxSeqLength");
    if (maxSeqLength > longest)
      throw expected(`at most ${longest}, the model's longest input,`, option, maxSeqLength);
  }
}
