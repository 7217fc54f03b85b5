import { LibbertError } from "../../errors.js";
import { shownText } from "../../net/address.js";
import type { Refused } from "../../net/request.js";
import { HOW_TO_SHOW_A_TOKEN } from "../refusals.js";
import type { Push } from "./push.js";

/** For whoever says nothing by which the Hub knows who writes. */
export function withoutToken(name: string): LibbertError {
  const message = `Expected a token that may write to ${name} for token but received none: say it ${HOW_TO_SHOW_A_TOKEN}`;
  return new LibbertError("ERR_OPTION", message, { option: "token" });
}

/** What the Hub's refusal means for whoever pushes. */
export function refusedPush({ wanted: { name }, hub }: Push, refusal: Refused): LibbertError {
  const endpoint = shownText(hub.endpoint);
  const error = (what: string, option: string) => {
    const message = `Expected ${what} for ${option} but received one that ${endpoint} does not take: ${refusal.message}`;
    return new LibbertError("ERR_OPTION", message, { option, cause: refusal });
  };
  if (refusal.status === 401) return error("a token of the Hub", "token");
  if (refusal.status === 403) return error(`a token that may write to ${name}`, "token");
  if (refusal.status === 404) return error("a repository that the token may write to", "repository");
  return refusal;
}
