import type { Commit } from "./listing.js";
import { doubtfulFiles, hasWeights, isUsable, missingCard, missingFiles } from "./needed-files.js";
import type { HubCall, HubOptions } from "./options.js";
import { pullRepository } from "./pull-repository.js";
import { type Wanted, withoutWeights } from "./refusals.js";
import { snapshotFolder } from "./repository.js";

/** A model in the cache. */
export interface PulledModel {
  /** Where its files lie. */
  folder: string;
  /** Which they are of. */
  commit: string;
}

/**
 * Brings a model of the Hub into the cache, as far as it is not there, and only the files that libbert reads.
 *
 * @param name `organisation/name`, or `name`
 * @param option which gives it, for errors
 * @throws what `pullRepository` throws; ERR_CHECKPOINT for a model or a revision that the Hub does not have or show, or
 *   without weights that libbert reads
 */
export async function pullModel(
  name: string,
  { revision = "main", ...options }: HubOptions,
  call: HubCall = {},
  option = "model",
): Promise<PulledModel> {
  const wanted: Wanted = { kind: "model", name, revision, option, revisionOption: "revision" };
  const needed = {
    check(commit: Commit) {
      if (!hasWeights(commit.listing)) throw withoutWeights(wanted, commit);
    },
    missing: missingFiles,
    beside: missingCard,
    areThere: isUsable,
    doubtful: doubtfulFiles,
  };
  const { repository, commit } = await pullRepository(wanted, needed, options, call);
  return { folder: snapshotFolder(repository, commit), commit };
}
