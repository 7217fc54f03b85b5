import { text } from "node:stream/consumers";
import { LibbertError } from "../errors.js";
import { shown, shownText } from "../net/address.js";
import { request } from "../net/request.js";
import type { Hub } from "./environment.js";
import { type Commit, isCommit, parseAnswer } from "./listing.js";
import type { Wanted } from "./refusals.js";

/** Milliseconds: whoever misspelt the path of a folder waits for an answer that tells nothing. */
const SILENCE = 10_000;

/**
 * Asks the Hub which commit a revision is, and for its files.
 * @throws as `request` does; ERR_RUNTIME for another answer than that
 */
export async function askForListing(
  { endpoint, token }: Hub,
  { kind, name, revision }: Wanted,
  signal: AbortSignal | undefined,
): Promise<Commit> {
  const url = addressOf(endpoint, `api/${kind}s/${name}/revision/${encodeURIComponent(revision)}?blobs=true`);
  const { content } = await request(url, { token, accept: "application/json", silence: SILENCE, signal });
  const answer = parseAnswer(await text(content));
  if (answer === undefined)
    throw otherAnswer("a commit and its files, with their hashes,", url, "another answer");
  if (isCommit(revision) && answer.id !== revision)
    throw otherAnswer(`commit ${revision}`, url, `commit ${answer.id}`);
  return answer;
}

export function otherAnswer(what: string, url: URL, received: string): LibbertError {
  return new LibbertError("ERR_RUNTIME", `Expected ${what} from ${shown(url)} but received ${received}`);
}

/** Where the Hub has a file, or says where it is. */
export function fileAddress({ endpoint }: Hub, { kind, name }: Wanted, commit: string, path: string): URL {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return addressOf(endpoint, `${kind === "dataset" ? "datasets/" : ""}${name}/resolve/${commit}/${encoded}`);
}

export function addressOf(endpoint: string, path: string): URL {
  if (/^https?:/.test(endpoint) && URL.canParse(endpoint)) return new URL(`${endpoint}/${path}`);
  const message = `Expected an address such as https://huggingface.co in HF_ENDPOINT but received "${shownText(endpoint)}"`;
  throw new LibbertError("ERR_RUNTIME", message);
}
