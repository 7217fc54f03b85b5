import { access, constants } from "node:fs/promises";
import { isDynamicPattern } from "tinyglobby";
import { unreadable } from "../data/data-error.js";
import { STANDARD_INPUT } from "../data/readers/standard-input.js";
import { expected } from "../errors.js";
import { matchingFiles } from "../files/matching-files.js";
import { isHubAddress } from "../hub/dataset-address.js";
import type { HubCall } from "../hub/options.js";
import { type DatasetOptions, pullDataset } from "../hub/pull-dataset.js";
import { areFiles, type Files, pathsOf, type RowSource } from "../options/row-options.js";

/** How rows are found: which option gives them, and where data sets of the Hub are. */
export interface FindingRows {
  option: string;
  hub: DatasetOptions;
  call: HubCall;
}

/**
 * Rows as they were given, but with the files that a pattern stands for in its place, sorted by their names, and with
 * those in the cache for a data set of the Hub.
 *
 * @throws LibbertError ERR_OPTION for a pattern that matches no file; ERR_DATA for a file that is not there, before anything is loaded;
 *   what `pullDataset` throws
 */
export async function foundRows<Source extends RowSource>(
  source: Source,
  finding: FindingRows,
): Promise<Source | Files> {
  if (!areFiles(source)) return source;
  const found: string[] = [];
  for (const path of pathsOf(source)) found.push(...(await foundFiles(path, finding)));
  return found.length === 1 ? found[0]! : found;
}

async function foundFiles(path: string, { option, hub, call }: FindingRows): Promise<readonly string[]> {
  if (isHubAddress(path)) return pullDataset(path, option, hub, call);
  if (path === STANDARD_INPUT) return [path];
  try {
    await access(path, constants.R_OK);
    return [path];
  } catch (error) {
    if (!isDynamicPattern(path)) throw unreadable(path, error);
  }
  const matches = await matchingFiles(path);
  if (matches.length > 0) return matches;
  throw expected("a file, or a pattern that matches one,", option, path);
}
