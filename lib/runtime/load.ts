import { LibbertError } from "../errors.js";
import { type NativeAddon, openAddon } from "./addon.js";
import { diagnose, explain } from "./diagnose.js";

export type { NativeAddon } from "./addon.js";

let addon: NativeAddon | undefined; // one a thread: each thread of Node.js has its own copy of this module

/**
 * Loads LibTorch and the native addon, once a thread; the first load of a build is tried in a child process.
 * @throws LibbertError `ERR_RUNTIME` that lists what was found and tried, and the commands that mend it.
 */
export function loadNative(): NativeAddon {
  addon ??= open();
  return addon;
}

function open(): NativeAddon {
  const diagnosis = diagnose();
  const { search, binaries } = diagnosis;
  if (diagnosis.problem !== undefined || !search.found || !binaries) {
    throw new LibbertError("ERR_RUNTIME", explain(diagnosis));
  }
  return openAddon(search.found.folder, binaries);
}
