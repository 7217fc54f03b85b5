import { text } from "node:stream/consumers";
import { LibbertError } from "../errors.js";
import { shown } from "../net/address.js";
import { request } from "../net/request.js";
import type { Hub } from "./environment.js";
import { type Commit, parseAnswer } from "./listing.js";
import type { Wanted } from "./refusals.js";

/**
 * Asks the Hub which commit a revision is, and for its files.
 * @throws as `request` does
 */
export async function askForListing(
  { endpoint, token }: Hub,
  { name, revision }: Wanted,
  signal: AbortSignal | undefined,
): Promise<Commit> {
  const url = addressOf(`${endpoint}/api/models/${name}/revision/${encodeURIComponent(revision)}?blobs=true`);
  const { content } = await request(url, { token, accept: "application/json", signal });
  const answer = parseAnswer(await text(content));
  if (answer) return answer;
  const message = `Expected a commit and its files, with their hashes, from ${shown(url)} but received another answer`;
  throw new LibbertError("ERR_RUNTIME", message);
}

/** Where the Hub has a file, or says where it is. */
export function fileAddress({ endpoint }: Hub, name: string, commit: string, path: string): URL {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return addressOf(`${endpoint}/${name}/resolve/${commit}/${encoded}`);
}

function addressOf(text: string): URL {
  if (/^https?:/.test(text) && URL.canParse(text)) return new URL(text);
  throw new LibbertError("ERR_RUNTIME", "Expected an address such as https://huggingface.co in HF_ENDPOINT");
}
