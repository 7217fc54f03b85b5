import { expected } from "../errors.js";
import { isInside } from "../files/inside.js";
import { persistently } from "../net/persistently.js";
import { ConnectionLost, Refused } from "../net/request.js";
import { someOf } from "../text-format.js";
import { warn } from "../warn.js";
import { askForListing } from "./ask.js";
import { completeSnapshot } from "./complete-snapshot.js";
import { hubOf } from "./environment.js";
import { type Commit, isCommit } from "./listing.js";
import type { HubCall, HubOptions } from "./options.js";
import type { NeededFiles, Pull } from "./pull.js";
import { incomplete, notInCache, refusedByHub, unreachable, type Wanted } from "./refusals.js";
import { type Repository, repositoryOf, snapshotFolder, storedCommit, storedListing } from "./repository.js";

/** Where a commit lies in the cache. */
export interface Pulled {
  repository: Repository;
  commit: string;
}

/** A question to the Hub is given up sooner than a download: a misspelt folder may be behind it. */
const TRIES = 3;

/**
 * Brings files of the Hub into the cache, as far as they are not there. Where the Hub does not answer, a copy that is there does,
 * and a warning says so.
 *
 * @throws LibbertError for what the Hub does not have or show; ERR_RUNTIME for a connection or a disk that fails, and for files
 *   that are not what the Hub says; the signal's reason
 */
export async function pullRepository(
  wanted: Wanted,
  needed: NeededFiles,
  options: Omit<HubOptions, "revision">,
  call: HubCall,
): Promise<Pulled> {
  const { revision } = wanted;
  if (!isInside(revision)) throw expected("a branch, a tag or a commit", wanted.revisionOption, revision);
  const hub = hubOf(options);
  const repository = repositoryOf(hub.cache, wanted);
  const pull = { wanted, needed, hub, repository, call };
  const known = isCommit(revision) ? revision : storedCommit(repository, revision);
  if (hub.isOffline) return copyOf(pull, known);

  const copy = known !== undefined && needed.areThere(repository, known) ? known : undefined;
  const isSettled = copy === revision && storedListing(repository, revision) !== undefined;
  const commit = isSettled ? undefined : await ask(pull, copy);
  if (commit === undefined) return usedCopy(pull, copy!);
  await completeSnapshot(pull, commit);
  return { repository, commit: commit.id };
}

/** What the cache has, where nothing may be fetched. */
function copyOf(pull: Pull, known: string | undefined): Pulled {
  const { wanted, needed, hub, repository } = pull;
  if (known === undefined) throw notInCache(wanted, hub);
  if (needed.areThere(repository, known)) return usedCopy(pull, known);
  const listing = storedListing(repository, known);
  if (listing === undefined) throw notInCache(wanted, hub);
  const commit = { id: known, listing };
  needed.check(commit);
  const missing = needed.missing(repository, commit).map(({ path }) => path);
  throw incomplete(wanted, snapshotFolder(repository, known), missing);
}

/** Without a question to the Hub. Where no listing tells whether it is whole, a warning names what it may lack. */
function usedCopy({ wanted, needed, repository }: Pull, commit: string): Pulled {
  const hasListing = storedListing(repository, commit) !== undefined;
  const doubtful = hasListing ? [] : needed.doubtful(repository, commit);
  if (doubtful.length > 0) {
    const message = `The copy of ${wanted.name} in ${snapshotFolder(repository, commit)} was fetched file by file, and may lack ${someOf(doubtful)}; once with a connection to the Hub it is compared`;
    warn(message);
  }
  return { repository, commit };
}

/** The commit that a revision is; undefined where the Hub does not answer but there is a copy. */
async function ask({ wanted, hub, call }: Pull, copy: string | undefined): Promise<Commit | undefined> {
  const { signal } = call;
  const question = () => askForListing(hub, wanted, signal);
  try {
    return await persistently(question, { tries: copy === undefined ? TRIES : 1, needsAnswer: true, signal });
  } catch (error) {
    if (error instanceof Refused) throw refusedByHub(wanted, hub, error);
    if (!(error instanceof Error && error.cause instanceof ConnectionLost)) throw error;
    if (copy === undefined) throw unreachable(wanted, hub, error);
    warn(`${error.message}; the copy of ${wanted.name} in ${hub.cache} is used`);
    return undefined;
  }
}
