import type { Hub } from "./environment.js";
import type { Commit, HubFile } from "./listing.js";
import type { HubCall } from "./options.js";
import type { Wanted } from "./refusals.js";
import type { Repository } from "./repository.js";

/** One model or data set on its way into the cache: what is wanted, from where, to where, and how the call is followed. */
export interface Pull {
  wanted: Wanted;
  needed: NeededFiles;
  hub: Hub;
  repository: Repository;
  call: HubCall;
}

/** Which files of a commit are wanted. */
export interface NeededFiles {
  /** @throws LibbertError for a commit that does not have them */
  check(commit: Commit): void;
  /** Those that the cache lacks. */
  missing(repository: Repository, commit: Commit): HubFile[];
  /** Others that are fetched with them, and not missed where they were not. */
  beside(repository: Repository, commit: Commit): HubFile[];
  /** Whether they are in the cache, as far as can be told where no listing is stored. */
  areThere(repository: Repository, commit: string): boolean;
  /** Without a listing: those that the Hub may have, and whose absence nobody would notice. */
  doubtful(repository: Repository, commit: string): string[];
}
