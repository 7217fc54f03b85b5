import { readdirSync } from "node:fs";
import { join } from "node:path";
import picomatch from "picomatch";
import { describe, LibbertError } from "../errors.js";
import { someOf } from "../text-format.js";
import { warn } from "../warn.js";
import { type DatasetAddress, parseDatasetAddress } from "./dataset-address.js";
import type { Commit } from "./listing.js";
import type { HubCall, HubOptions } from "./options.js";
import type { NeededFiles } from "./pull.js";
import { pullRepository } from "./pull-repository.js";
import type { Wanted } from "./refusals.js";
import { hasFile, type Repository, snapshotFolder, storedListing } from "./repository.js";

/** How data sets are found; an address brings its revision itself. */
export type DatasetOptions = Omit<HubOptions, "revision">;

/**
 * Brings files of a data set of the Hub into the cache, as far as they are not there: the one at the address, or those that
 * match the pattern in it.
 *
 * @param address `hf://datasets/organisation/name@revision/path`
 * @param option which gives it, for errors
 * @returns where they lie, sorted by their names
 * @throws what `pullRepository` throws; ERR_OPTION for what is no such address; ERR_DATA for a data set that the Hub does not
 *   have or show, or that has no such file
 */
export async function pullDataset(
  address: string,
  option: string,
  options: DatasetOptions,
  call: HubCall,
): Promise<string[]> {
  const parsed = parseDatasetAddress(address, option);
  const { path, ...which } = parsed;
  const wanted: Wanted = { kind: "dataset", ...which, option, revisionOption: option };
  const { repository, commit } = await pullRepository(wanted, neededFiles(parsed, option), options, call);
  const files = filesOf(repository, commit, path);
  const isPattern = !files.includes(join(snapshotFolder(repository, commit), path));
  if (isPattern && storedListing(repository, commit) === undefined)
    warn(`${address}: other files may match, as the cache has no list of all; read are ${someOf(files)}`);
  return files;
}

/** The files that the path of an address stands for. */
function neededFiles(address: DatasetAddress, option: string): NeededFiles {
  const { path } = address;
  const missing = (repository: Repository, { id, listing }: Commit) =>
    matching(listing.keys(), path)
      .map((file) => listing.get(file)!)
      .filter((file) => !hasFile(repository, id, file));
  return {
    missing,
    check(commit) {
      if (matching(commit.listing.keys(), path).length === 0) throw withoutMatch(address, commit, option);
    },
    beside: () => [],
    areThere(repository, commit) {
      const listing = storedListing(repository, commit);
      const isLacking = listing && missing(repository, { id: commit, listing }).length > 0;
      return !isLacking && filesOf(repository, commit, path).length > 0;
    },
    doubtful: () => [], // told by `pullDataset`, with what was found
  };
}

/** Those of a commit's files in the cache that a pattern stands for. */
function filesOf(repository: Repository, commit: string, path: string): string[] {
  const folder = snapshotFolder(repository, commit);
  return matching(pathsBelow(folder), path).map((file) => join(folder, file));
}

/** The path itself where it is there, as `*` may be part of a name; else those that it matches as a pattern, sorted. */
function matching(paths: Iterable<string>, pattern: string): string[] {
  const all = [...paths];
  if (all.includes(pattern)) return [pattern];
  const isMatch = picomatch(pattern);
  return all.filter((path) => isMatch(path)).sort();
}

function pathsBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return []; // no file of this commit is there
  }
}

function withoutMatch(
  { name, revision, path }: DatasetAddress,
  { listing }: Commit,
  option: string,
): LibbertError {
  const message = `Expected a file of ${name} at revision ${describe(revision)}, or a pattern that matches one, for ${option} but received ${describe(path)}: it has ${someOf([...listing.keys()])}`;
  return new LibbertError("ERR_DATA", message, { option });
}
