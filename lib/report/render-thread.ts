import { parentPort, workerData } from "node:worker_threads";
import { LibbertError } from "../errors.js";
import { type PageRequest, pageOf } from "./page-of.js";
import type { Rendered } from "./render-in-thread.js";

parentPort!.postMessage(rendered(workerData));

function rendered(request: PageRequest): Rendered {
  try {
    return { page: pageOf(request) };
  } catch (error) {
    if (!(error instanceof LibbertError)) throw error;
    const { code, message, option } = error;
    return { code, message, option };
  }
}
