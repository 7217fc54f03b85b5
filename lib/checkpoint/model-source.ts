import { existsSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { noConfig } from "./foreign-files.js";
import { findWeights, type WeightFiles, weightsInFile } from "./weight-files.js";

/** A model's directory, and those files in it whose weights are meant. */
export interface ModelSource {
  directory: string;
  files: WeightFiles;
}

/** The directory of a model that is named by it, or by a file in it. */
export function directoryOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? dirname(path) : path;
}

/**
 * What a path names: a directory, whose first form of weights counts, or one file in it, such as `pytorch_model.bin` or
 * `bert_model.ckpt.index`.
 *
 * @throws LibbertError ERR_CHECKPOINT where there is nothing, or a directory without weights
 */
export function modelSource(path: string): ModelSource {
  if (!existsSync(path)) throw noConfig(path);
  const directory = directoryOf(path);
  if (directory === path) return { directory, files: findWeights(path) };
  return { directory, files: weightsInFile(directory, basename(path)) };
}
