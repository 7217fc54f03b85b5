import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { baseIn } from "../card/base.js";
import type { CardTerms, ModelCard } from "../card/card.js";
import { writeCard } from "../card/write-card.js";
import { filesBelow } from "../files/directory-change.js";
import { goesWithModel, REPORT } from "../files/model-files.js";
import type { OutputDirectory } from "../files/output-directory.js";
import type { HeadKind } from "../models/heads/head-kind.js";
import type { ConfigJson } from "../models/model-config.js";
import { type CalibrationOfTask, writeCalibration } from "./calibration-file.js";
import type { Checkpoint } from "./checkpoint.js";
import { writeModel } from "./model-directory.js";
import type { ModelWeights } from "./model-weights.js";
import type { NewSentenceModel } from "./sentence/new-files.js";

/** transformers reads weights as the type that `config.json` names, of whatever type they are. */
export const TRAINED_DTYPE: ConfigJson = { torch_dtype: undefined, dtype: "float32" };

/** A model about to be saved. */
export interface ModelToSave {
  /** What it was made from. */
  checkpoint: Checkpoint;
  /** Null for an encoder alone. */
  head: HeadKind | null;
  /** What the head adds to `config.json`; undefined removes a field. */
  fields: ConfigJson;
  maxSeqLength: number;
  weights: ModelWeights;
  /** What its card says beside what the checkpoint does. Default: there is none */
  card?: Pick<ModelCard, "use" | "training" | "terms">;
  /** How far its predictions can be believed. Default: there is nothing that tells */
  calibration?: CalibrationOfTask | null;
  /** Content of `training_report.json`. Default: there is none */
  report?: object;
}

/** What whoever saves a model adds to it. */
export interface SavedBeside {
  /** What the card is told. */
  terms?: CardTerms;
  /** Content of `training_report.json`. */
  report?: object;
  /** For sentence-transformers: how vectors are made of texts. */
  newVectors?: NewSentenceModel;
}

/**
 * Writes a directory that `loadModel` and Python's transformers read. The files of a model that it held before go, all others stay.
 *
 * @throws ERR_RUNTIME when the disk is full or fails; what the directory held before is still there then
 */
export function saveModel(output: OutputDirectory, model: ModelToSave): Promise<void> {
  return output.change("the model", {
    write: (staging) => writeFiles(staging, output.path, model),
    replaces: goesWithModel,
  });
}

async function writeFiles(directory: string, target: string, model: ModelToSave): Promise<void> {
  const { checkpoint, maxSeqLength, weights, calibration, card, report } = model;
  await checkpoint.tokenizer.write(directory, { modelMaxLength: maxSeqLength });
  writeSentenceFiles(directory, model);
  const others = filesBelow(directory);
  weights.store((tensors) => writeModel(directory, savedConfig(model), tensors, others));
  // No checksum of what follows is among those of the weights, which a repeated run writes bit for bit: the calibration has theirs and its
  // own, the report has dates in it, and the card is there to be edited.
  if (calibration) await writeCalibration(directory, calibration);
  if (card) writeCard(completeCard(card, model), directory, target);
  if (report) writeFileSync(join(directory, REPORT), `${JSON.stringify(report, null, 2)}\n`);
}

/** A model's `config.json`. */
export function savedConfig(model: ModelToSave): ConfigJson {
  const { checkpoint, fields, weights } = model;
  const { json } = checkpoint;
  // A checkpoint may have read from left to right; what becomes of it reads in both directions.
  const direction = json.is_decoder === true ? { is_decoder: false } : {};
  const dtype = weights.isFloat32 ? TRAINED_DTYPE : {};
  return { ...json, ...direction, ...dtype, ...fields, architectures: [architectureOf(model)] };
}

/** The files of sentence-transformers that a model came with. */
export function writeSentenceFiles(directory: string, { checkpoint }: Pick<ModelToSave, "checkpoint">): void {
  for (const [path, content] of checkpoint.sentences.files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

function architectureOf({ checkpoint: { family }, head }: ModelToSave): string {
  return head === null ? family.encoderArchitecture : family.heads[head]!.architecture;
}

function completeCard(card: NonNullable<ModelToSave["card"]>, model: ModelToSave): ModelCard {
  const { directory, sentences } = model.checkpoint;
  return {
    ...card,
    architecture: architectureOf(model),
    isSentenceModel: model.head === null && sentences.model !== null,
    base: baseIn(directory),
  };
}
