import { existsSync } from "node:fs";
import { join } from "node:path";
import { vocabularyOf } from "../../data/corpus/manifest.js";
import { ShardedCorpus } from "../../data/corpus/sharded-corpus.js";
import { DataParallel } from "../../distributed/data-parallel.js";
import type { ProcessGroup } from "../../distributed/group.js";
import { describe, expected, LibbertError } from "../../errors.js";
import { lockDirectory } from "../../files/directory-lock.js";
import { bertPreset } from "../../models/bert-config.js";
import { BertTokenizer } from "../../tokenizer/bert-tokenizer.js";
import type { Compute } from "../compute.js";
import { prepareOutputDirectory } from "../output-directory.js";
import { chooseComputeOf, withRanks } from "../ranks.js";
import { type Phase, type PretrainSettings, parseMaskSplit, phasesOf } from "./options.js";
import { Pretrainer } from "./pretrainer.js";
import type { PretrainResult } from "./progress.js";
import { type PretrainContext, PretrainingRun } from "./run.js";
import { SNAPSHOTS } from "./run-snapshots.js";

/** A phase's documents. */
export interface PhaseCorpora {
  train: ShardedCorpus;
  /** Null where the corpus was prepared without a validation share. */
  validation: ShardedCorpus | null;
}

/** Pre-trains a model on prepared shards (paper, section 3.1), or goes on with a checkpoint or an interrupted run. */
export async function runPretraining(
  settings: PretrainSettings,
  context: PretrainContext,
): Promise<PretrainResult> {
  const { outputDir, ...facts } = settings; // two machines may have the same folder in two places
  return withRanks(settings, facts, context.signal, (group) => preparedRun(settings, context, group));
}

async function preparedRun(
  settings: PretrainSettings,
  context: PretrainContext,
  group: ProcessGroup | null,
): Promise<PretrainResult> {
  const phases = phasesOf(settings);
  const { continueFrom } = settings;
  if (continueFrom !== undefined && !existsSync(continueFrom))
    throw expected("the directory of a model", "continueFrom", continueFrom);
  const compute = chooseComputeOf(group, settings.device, settings.dtype);
  using _lock = group === null || group.rank === 0 ? reservedOutput(settings) : null;
  using corpora = await OpenCorpora.open(phases, settings);

  using pretrainer = createModel(settings, corpora.phases[0]!.train, compute, context);
  checkLengths(phases, pretrainer.config.max_position_embeddings);
  const { maskRate, wholeWord, maxPredictionsPerSequence, shortSequenceProbability } = settings;
  const dataOptions = {
    objective: pretrainer.objective,
    maskRate,
    maskSplit: parseMaskSplit(settings.maskSplit)!,
    wholeWord,
    maxPredictionsPerSequence,
    shortSequenceProbability,
  };
  using ranks = group ? new DataParallel(group, pretrainer.parameters, settings) : undefined;
  using run = new PretrainingRun(
    { settings, phases, corpora: corpora.phases, pretrainer, ranks, dataOptions },
    context,
  );
  return await run.run();
}

function reservedOutput(settings: PretrainSettings): Disposable {
  checkNoRun(settings);
  prepareOutputDirectory(settings.outputDir, settings.overwrite || settings.resume);
  return lockDirectory(settings.outputDir);
}

/** A run that may go on must not be lost to the advice that is right for other files. */
function checkNoRun({ outputDir, overwrite, resume }: PretrainSettings): void {
  if (overwrite || resume || !existsSync(join(outputDir, SNAPSHOTS))) return;
  throw new LibbertError(
    "ERR_OPTION",
    `Expected an empty or new directory for outputDir but received ${describe(outputDir)}, which holds a run; ` +
      "resume: true goes on with it, overwrite: true begins anew",
  );
}

/** Every phase's corpora. All have one vocabulary: that of the checkpoint to continue from, if there is one. */
class OpenCorpora implements Disposable {
  readonly phases: PhaseCorpora[] = [];
  readonly #opened: ShardedCorpus[] = [];

  static async open(phases: readonly Phase[], { continueFrom }: PretrainSettings): Promise<OpenCorpora> {
    const fingerprint = continueFrom && vocabularyOf(await BertTokenizer.load(continueFrom)).fingerprint;
    const corpora = new OpenCorpora();
    try {
      for (const { data } of phases) corpora.#add(data, fingerprint);
      return corpora;
    } catch (error) {
      corpora[Symbol.dispose]();
      throw error;
    }
  }

  #add(data: string, wanted: string | undefined): void {
    const fingerprint = wanted ?? this.phases[0]?.train.vocabulary.fingerprint;
    const train = ShardedCorpus.open(data, { split: "train", fingerprint });
    this.#opened.push(train);
    const validation = ShardedCorpus.open(data, { split: "validation", fingerprint });
    this.#opened.push(validation);
    this.phases.push({ train, validation: validation.documents > 1 ? validation : null });
  }

  [Symbol.dispose](): void {
    for (const corpus of this.#opened) corpus[Symbol.dispose]();
  }
}

function createModel(
  settings: PretrainSettings,
  corpus: ShardedCorpus,
  compute: Compute,
  { emit }: PretrainContext,
): Pretrainer {
  const { continueFrom, objective, seed, size, dropout } = settings;
  if (continueFrom === undefined) {
    const config = bertPreset(size, {
      vocab_size: corpus.vocabulary.size,
      hidden_dropout_prob: dropout,
      attention_probs_dropout_prob: dropout,
    });
    return Pretrainer.create(config, compute, { seed, objective });
  }
  const { pretrainer, initialised } = Pretrainer.continueFrom(continueFrom, compute, { seed, objective });
  if (initialised.length > 0)
    emit({ type: "notice", message: `the checkpoint lacks ${initialised.join(", ")}` });
  if (pretrainer.objective !== objective)
    emit({
      type: "notice",
      message: "the checkpoint has no next-sentence head: training goes on with masked words alone",
    });
  return pretrainer;
}

function checkLengths(phases: readonly Phase[], longest: number): void {
  for (const { maxSeqLength } of phases) {
    if (maxSeqLength > longest)
      throw expected(`at most ${longest}, the model's longest input,`, "maxSeqLength", maxSeqLength);
  }
}
