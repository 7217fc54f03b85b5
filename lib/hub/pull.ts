import type { Hub } from "./environment.js";
import type { HubCall } from "./options.js";
import type { Wanted } from "./refusals.js";
import type { Repository } from "./repository.js";

/** One model on its way into the cache: what is wanted, from where, to where, and how the call is followed. */
export interface Pull {
  wanted: Wanted;
  hub: Hub;
  repository: Repository;
  call: HubCall;
}
