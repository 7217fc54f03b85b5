import { describe, type ErrorCode, LibbertError } from "../errors.js";
import { shownText } from "../net/address.js";
import { NotThere, type Refused } from "../net/request.js";
import { someOf } from "../text-format.js";
import type { Hub } from "./environment.js";
import type { Commit } from "./listing.js";

/** A revision of a model by its name. */
export interface Wanted {
  name: string;
  revision: string;
}

const HOW_TO_SHOW_A_TOKEN = "with the option token, HF_TOKEN or hf auth login";

/** What the Hub's refusal means for whoever named the model. */
export function refusedByHub({ name, revision }: Wanted, hub: Hub, refusal: Refused): LibbertError {
  const endpoint = shownText(hub.endpoint);
  if (refusal.reason === "RevisionNotFound") {
    const what = `a branch, a tag or a commit of ${name} for revision`;
    return error(`Expected ${what} but received ${describe(revision)}, which ${endpoint} does not have`, {
      option: "revision",
      cause: refusal,
    });
  }
  if (refusal.reason === "GatedRepo") {
    const terms = `${endpoint} shows it to those alone who accepted its terms at ${endpoint}/${name}`;
    const message = `Expected the right to read ${name} but ${terms} and say who they are, ${HOW_TO_SHOW_A_TOKEN}`;
    return error(message, { option: hub.token === undefined ? "token" : "model", cause: refusal });
  }
  if (refusal.reason === "EntryNotFound") return refusal;
  if (refusal instanceof NotThere || refusal.status === 401) {
    const unseen =
      hub.token === undefined
        ? `shows no model of that name: a private one needs a token, ${HOW_TO_SHOW_A_TOKEN}`
        : "shows no model of that name to whoever has this token, or does not accept the token";
    return notFound(name, `${endpoint} ${unseen}`, { cause: refusal });
  }
  return refusal;
}

/** For a name without a copy in the cache where nothing may be fetched. */
export function notInCache({ name, revision }: Wanted, { cache }: Hub): LibbertError {
  const why = `nothing is fetched with localFilesOnly or HF_HUB_OFFLINE, and ${cache} has no revision ${describe(revision)} of such a model`;
  return notFound(name, why);
}

/** For a name without a copy in the cache where the Hub does not answer. */
export function unreachable({ name }: Wanted, { cache }: Hub, cause: Error): LibbertError {
  return notFound(name, `${cache} has none, and the Hub could not be asked (${cause.message})`, {
    code: "ERR_RUNTIME",
    cause,
  });
}

export function incomplete({ name }: Wanted, snapshot: string, missing: readonly string[]): LibbertError {
  const message = `Expected all files of ${name} in ${snapshot}, as nothing is fetched with localFilesOnly or HF_HUB_OFFLINE, but it is without ${someOf(missing)}`;
  return error(message, { option: "model" });
}

/** For a model in other forms than libbert reads. */
export function withoutWeights({ name, revision }: Wanted, { listing }: Commit): LibbertError {
  const weights = [...listing.keys()].filter((path) =>
    /\.(bin|ckpt|h5|msgpack|onnx|pt|safetensors)$/.test(path),
  );
  const has = weights.length > 0 ? someOf(weights) : "no weights at all";
  const message = `Expected model.safetensors or pytorch_model.bin, or an index of shards of either, in ${name} at revision ${describe(revision)} but it has ${has}; another revision, such as refs/pr/1, may have it`;
  return error(message, { option: "model" });
}

/** One sentence that says what was looked for, and where. */
function notFound(name: string, where: string, how: How = {}): LibbertError {
  const message = `Expected a model folder, or a model's name on the Hugging Face Hub, for model but received ${describe(name)}: ${process.cwd()} has no such folder, and ${where}`;
  return error(message, { option: "model", ...how });
}

interface How {
  code?: ErrorCode;
  option?: string;
  cause?: Error;
}

function error(message: string, { code = "ERR_CHECKPOINT", ...how }: How): LibbertError {
  return new LibbertError(code, message, how);
}
