import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { LibbertError } from "../../errors.js";
import { gitHashOfFile, sha256OfFile } from "../../files/file-hash.js";
import { CARD, GRAPHS, isModelFile, isWeightFile, REPORT } from "../../files/model-files.js";
import type { HubFile } from "../listing.js";
import { hasWeights, moduleFolders } from "../needed-files.js";

/** A file of a model that is to be on the Hub. */
export interface LocalFile {
  /** In the repository, as in the folder. */
  path: string;
  /** On this machine. */
  file: string;
  size: number;
}

/** As `exportOnnx()` writes graphs, and with what Python puts beside large ones. */
const GRAPH = /^onnx\/[^/]+\.onnx(_data)?$/;

/** Whether a path in a repository is a part of its model. */
function isOfModel(path: string): boolean {
  return GRAPH.test(path) || (path !== REPORT && isModelFile(path.split("/")[0]!));
}

/**
 * The files of a model's folder that go to the Hub: those that `loadModel()`, transformers or transformers.js read, and the card.
 * @throws LibbertError ERR_CHECKPOINT for a folder without a model
 */
export function modelFilesIn(folder: string): LocalFile[] {
  const isSent = (name: string) => isOfModel(name) || name === CARD;
  const within = (inner: string) => namesIn(join(folder, inner)).map((name) => join(inner, name));
  const paths = [
    ...["", ...moduleFolders(folder)].flatMap((inner) =>
      within(inner).filter((path) => isSent(basename(path))),
    ),
    ...within(GRAPHS).filter(isOfModel),
  ];
  const files = [...new Set(paths)].flatMap((path) => {
    const file = join(folder, path);
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats?.isFile() ? [{ path, file, size: stats.size }] : [];
  });
  const names = new Set(files.map(({ path }) => path));
  if (names.has("config.json") && (hasWeights(names) || hasGraphs(names))) return files;
  const message = `Expected a model folder with config.json and weights or graphs for model but there is none in ${folder}`;
  throw new LibbertError("ERR_CHECKPOINT", message, { option: "model" });
}

function hasGraphs(paths: ReadonlySet<string>): boolean {
  return [...paths].some((path) => GRAPH.test(path));
}

/**
 * The files in a repository that go, as they are of a model which was there before. Of an export, whose folder has no weights, that
 * is graphs alone; and graphs stay beside the weights that they were made of.
 *
 * @param there paths in the repository
 * @param files the folder's
 * @param sent those that are not there as they are here
 */
export function replacedPaths(
  there: Iterable<string>,
  files: readonly LocalFile[],
  sent: readonly LocalFile[],
): string[] {
  const here = new Set(files.map(({ path }) => path));
  const others = [...there].filter((path) => isOfModel(path) && !here.has(path));
  const graphs = others.filter((path) => GRAPH.test(path));
  if (!hasWeights(here)) return graphs;
  const areOfTheseWeights = ![...sent.map(({ path }) => path), ...others].some(isWeightFile);
  return areOfTheseWeights && !hasGraphs(here) ? others.filter((path) => !graphs.includes(path)) : others;
}

/** Whether the Hub has a file as it is here. */
export async function isSame({ file, size }: LocalFile, there: HubFile | undefined): Promise<boolean> {
  if (there === undefined || there.size !== size) return false;
  if (there.sha256 !== undefined) return there.sha256 === (await sha256OfFile(file));
  return there.gitHash === (await gitHashOfFile(file));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
