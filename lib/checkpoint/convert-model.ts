import { existsSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { productOf, sumOf } from "../arrays.js";
import { mayWriteCard } from "../card/readme.js";
import { filesBelow } from "../files/directory-change.js";
import { CARD, isModelFile } from "../files/model-files.js";
import type { OutputDirectory } from "../files/output-directory.js";
import { PytorchReader } from "../files/pytorch/pytorch-reader.js";
import { readModelBytes } from "../files/regular-file.js";
import { type TensorToStore, writeSafetensors } from "../files/safetensors.js";
import { readSettled } from "../files/settled-directory.js";
import { supportedDtype } from "../files/tensor-file.js";
import type { DownloadEvent } from "../hub/options.js";
import type { NoticeEvent } from "../options/notice-event.js";
import { type CalibrationOfTask, readCalibration, writeCalibration } from "./calibration-file.js";
import { type Checkpoint, longestInput, openCheckpoint } from "./checkpoint.js";
import { checkEncoder } from "./load-network.js";
import { loadNotices } from "./load-notices.js";
import { writeModel } from "./model-directory.js";
import { directoryOf, type ModelSource, modelSource } from "./model-source.js";
import { decoderNames, hasOwnDecoder } from "./own-decoder.js";
import { writeSentenceFiles } from "./save-model.js";
import { modernName } from "./stored-names.js";
import { CheckpointWeights } from "./weights.js";

/** What `onProgress` is told in `convert()`. */
export type ConvertEvent =
  | DownloadEvent
  /** Such as what the files do not say. */
  | NoticeEvent;

/** What `convert()` read and wrote. */
export interface ConvertedModel {
  /** The files with the weights, by their names in the model's folder. */
  weights: readonly string[];
  /** How many tensors were written, and how many numbers they have. */
  tensors: number;
  /** How many numbers the tensors have. */
  parameters: number;
  /** Where they were written. */
  outputDir: string;
}

export interface ConvertContext {
  /** Is told what is to be known and is no error. */
  notify(message: string): void;
  signal: AbortSignal;
}

/** A model about to be converted. */
interface Opened {
  source: ModelSource;
  checkpoint: Checkpoint;
  weights: CheckpointWeights;
  calibration: CalibrationOfTask | null;
}

/**
 * Writes a model with its weights as safetensors, tensor by tensor: their numbers, types and heads stay as they are.
 *
 * @param path of a directory, or of one file with weights in it
 * @throws LibbertError ERR_CHECKPOINT for a model that is damaged or incomplete; ERR_RUNTIME when the disk is full or fails; the
 *   signal's reason
 */
export async function convertModel(
  path: string,
  output: OutputDirectory,
  { notify, signal }: ConvertContext,
): Promise<ConvertedModel> {
  const opened = await readSettled(
    directoryOf(path),
    () => open(path),
    ({ weights }) => weights[Symbol.dispose](),
  );
  using weights = opened.weights;
  const { checkpoint, source, calibration } = opened;
  loadNotices(checkpoint, weights).forEach(notify);
  checkEncoder(weights, checkpoint);
  const tensors = tensorsOf(weights, checkpoint);
  signal.throwIfAborted();
  await output.change("the model", {
    async write(staging) {
      await write(staging, output.path, checkpoint, tensors);
      if (calibration) await writeCalibration(staging, calibration);
    },
    replaces: isModelFile,
  });
  return {
    weights: source.files.names,
    tensors: tensors.size,
    parameters: sumOf(Array.from(tensors.values(), ({ shape }) => productOf(shape))),
    outputDir: output.path,
  };
}

async function open(path: string): Promise<Opened> {
  const source = modelSource(path);
  const weights = new CheckpointWeights(source.directory, source.files);
  try {
    const checkpoint = await openCheckpoint(source.directory, source.files);
    return {
      source,
      weights,
      checkpoint,
      calibration: await readCalibration(source.directory, source.files.names),
    };
  } catch (error) {
    weights[Symbol.dispose]();
    throw error;
  }
}

/** All tensors but buffers, and a decoder that is tied to the word embeddings, by the names of today. */
function tensorsOf(weights: CheckpointWeights, checkpoint: Checkpoint): Map<string, TensorToStore> {
  const { family } = checkpoint;
  const own = new Set(hasOwnDecoder(checkpoint, weights) ? decoderNames(family) : []);
  const tensors = new Map<string, TensorToStore>();
  for (const stored of weights.names()) {
    const name = modernName(stored);
    if (family.redundantNames.test(name) && !own.has(name)) continue;
    const { shape } = weights.describe(stored);
    tensors.set(name, { dtype: weights.dtypeOf(stored), shape, bytes: () => weights.read(stored) });
  }
  return tensors;
}

async function write(
  staging: string,
  target: string,
  checkpoint: Checkpoint,
  tensors: ReadonlyMap<string, TensorToStore>,
): Promise<void> {
  const { directory, json, tokenizer, sentences } = checkpoint;
  await tokenizer.write(staging, { modelMaxLength: longestInput(checkpoint) });
  writeSentenceFiles(staging, { checkpoint });
  for (const file of sentences.files.keys())
    if (basename(file) === "pytorch_model.bin") convertModule(join(directory, file), join(staging, file));
  writeModel(staging, json, tensors, filesBelow(staging));
  const card = readModelBytes(join(directory, CARD));
  if (card !== undefined && mayWriteCard(target)) writeFileSync(join(staging, CARD), card);
}

/** A module of sentence-transformers: safetensors take the place of the copy of its pickle. */
function convertModule(path: string, copy: string): void {
  rmSync(copy);
  const safetensors = join(dirname(copy), "model.safetensors");
  if (existsSync(safetensors)) return;
  using reader = new PytorchReader(path);
  const tensors = new Map<string, TensorToStore>();
  for (const [name, { shape }] of reader.tensors)
    tensors.set(name, { dtype: supportedDtype(reader, name), shape, bytes: () => reader.read(name) });
  writeSafetensors(safetensors, tensors);
}
