import type { Commit } from "./listing.js";
import {
  doubtfulTokenizerFiles,
  hasTokenizer,
  hasTokenizerFiles,
  missingTokenizerFiles,
} from "./needed-files.js";
import type { HubCall, HubOptions } from "./options.js";
import type { PulledModel } from "./pull-model.js";
import { pullRepository } from "./pull-repository.js";
import { type Wanted, withoutTokenizer } from "./refusals.js";
import { snapshotFolder } from "./repository.js";

/**
 * Brings the tokenizer of a model of the Hub into the cache, without the model's weights.
 *
 * @param name `organisation/name`, or `name`
 * @param option which gives it, for errors
 * @throws what `pullRepository` throws; ERR_CHECKPOINT for a model that the Hub does not have or show, or without a tokenizer that
 *   libbert reads
 */
export async function pullTokenizer(
  name: string,
  { revision = "main", ...options }: HubOptions,
  call: HubCall,
  option: string,
): Promise<PulledModel> {
  const wanted: Wanted = { kind: "model", name, revision, option, revisionOption: "revision" };
  const needed = {
    check(commit: Commit) {
      if (!hasTokenizer(commit.listing)) throw withoutTokenizer(wanted, commit);
    },
    missing: missingTokenizerFiles,
    beside: () => [],
    areThere: hasTokenizerFiles,
    doubtful: doubtfulTokenizerFiles,
  };
  const { repository, commit } = await pullRepository(wanted, needed, options, call);
  return { folder: snapshotFolder(repository, commit), commit };
}
