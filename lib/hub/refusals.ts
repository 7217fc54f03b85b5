import { describe, type ErrorCode, LibbertError } from "../errors.js";
import { shownText } from "../net/address.js";
import { NotThere, type Refused } from "../net/request.js";
import { someOf } from "../text-format.js";
import type { Hub } from "./environment.js";
import type { Commit } from "./listing.js";

/** A revision of a model or a data set by its name. */
export interface Wanted {
  kind: "model" | "dataset";
  name: string;
  revision: string;
  /** The options that name it, and the revision, for errors. */
  option: string;
  revisionOption: string;
}

const NOUNS = { model: "model", dataset: "data set" };
const CODES = { model: "ERR_CHECKPOINT", dataset: "ERR_DATA" } as const;
export const HOW_TO_SHOW_A_TOKEN = "with the option token, HF_TOKEN or hf auth login";

/** What the Hub's refusal means for whoever named the model or data set. */
export function refusedByHub(wanted: Wanted, hub: Hub, refusal: Refused): LibbertError {
  const { kind, name, revision, option, revisionOption } = wanted;
  const endpoint = shownText(hub.endpoint);
  if (refusal.reason === "RevisionNotFound") {
    const what = `a branch, a tag or a commit of ${name} for ${revisionOption}`;
    const message = `Expected ${what} but received ${describe(revision)}, which ${endpoint} does not have`;
    return error(wanted, message, { option: revisionOption, cause: refusal });
  }
  if (refusal.reason === "GatedRepo") {
    const terms = `${endpoint} shows it to those alone who accepted its terms at ${endpoint}/${kind === "dataset" ? "datasets/" : ""}${name}`;
    const message = `Expected the right to read ${name} but ${terms} and say who they are, ${HOW_TO_SHOW_A_TOKEN}`;
    return error(wanted, message, { option: hub.token === undefined ? "token" : option, cause: refusal });
  }
  if (refusal.reason === "EntryNotFound") return refusal;
  if (refusal instanceof NotThere || refusal.status === 401) {
    const unseen =
      hub.token === undefined
        ? `shows no ${NOUNS[kind]} of that name: a private one needs a token, ${HOW_TO_SHOW_A_TOKEN}`
        : `shows no ${NOUNS[kind]} of that name to whoever has this token, or does not accept the token`;
    return notFound(wanted, `${endpoint} ${unseen}`, { cause: refusal });
  }
  return refusal;
}

/** For a name without a copy in the cache where nothing may be fetched. */
export function notInCache(wanted: Wanted, { cache }: Hub): LibbertError {
  const revision = describe(wanted.revision);
  const why = `nothing is fetched with localFilesOnly or HF_HUB_OFFLINE, and ${cache} has no revision ${revision} of such a ${NOUNS[wanted.kind]}`;
  return notFound(wanted, why);
}

/** For a name without a copy in the cache where the Hub does not answer. */
export function unreachable(wanted: Wanted, { cache }: Hub, cause: Error): LibbertError {
  return notFound(wanted, `${cache} has none, and the Hub could not be asked (${cause.message})`, {
    code: "ERR_RUNTIME",
    cause,
  });
}

export function incomplete(wanted: Wanted, snapshot: string, missing: readonly string[]): LibbertError {
  const message = `Expected all files of ${wanted.name} in ${snapshot}, as nothing is fetched with localFilesOnly or HF_HUB_OFFLINE, but it is without ${someOf(missing)}`;
  return error(wanted, message, { option: wanted.option });
}

/** For a model without a tokenizer that libbert reads. */
export function withoutTokenizer(wanted: Wanted, { listing }: Commit): LibbertError {
  const { name, revision } = wanted;
  const message = `Expected tokenizer.json or vocab.txt in ${name} at revision ${describe(revision)} but it has ${someOf([...listing.keys()])}`;
  return error(wanted, message, { option: wanted.option });
}

/** For a model in other forms than libbert reads. */
export function withoutWeights(wanted: Wanted, { listing }: Commit): LibbertError {
  const { name, revision, option } = wanted;
  const weights = [...listing.keys()].filter((path) =>
    /\.(bin|ckpt|h5|msgpack|onnx|pt|safetensors)$/.test(path),
  );
  const has = weights.length > 0 ? someOf(weights) : "no weights at all";
  const message = `Expected model.safetensors or pytorch_model.bin, or an index of shards of either, in ${name} at revision ${describe(revision)} but it has ${has}; another revision, such as refs/pr/1, may have it`;
  return error(wanted, message, { option });
}

/** One sentence that says what was looked for, and where. */
function notFound(wanted: Wanted, where: string, how: Partial<How> = {}): LibbertError {
  const { kind, name, option } = wanted;
  const what =
    kind === "model"
      ? "a model folder, or a model's name on the Hugging Face Hub,"
      : "a data set on the Hugging Face Hub";
  const reason = kind === "model" ? `${process.cwd()} has no such folder, and ${where}` : where;
  const message = `Expected ${what} for ${option} but received ${describe(name)}: ${reason}`;
  return error(wanted, message, { option, ...how });
}

interface How {
  code?: ErrorCode;
  option: string;
  cause?: Error;
}

function error({ kind }: Wanted, message: string, { code = CODES[kind], ...how }: How): LibbertError {
  return new LibbertError(code, message, how);
}
