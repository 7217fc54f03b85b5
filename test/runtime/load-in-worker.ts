// Run by load.test.ts in worker threads: answers with LibTorch's version, or with the error.
import { parentPort } from "node:worker_threads";
import { LibbertError } from "../../lib/errors.js";
import { loadNative } from "../../lib/runtime/load.js";

try {
  parentPort!.postMessage(loadNative().torchVersion);
} catch (error) {
  parentPort!.postMessage(error instanceof LibbertError ? `${error.code} ${error.message}` : String(error));
}
