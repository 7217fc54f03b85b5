// The thread of one worker: a model, and what it is asked.
import { parentPort, workerData } from "node:worker_threads";
import { type ClassificationPrediction, loadModel } from "../../lib/index.js";

/** What a worker is started with. */
export interface WorkerSettings {
  model: string;
  /** Threads that compute. */
  threads: number;
}

/** What a worker says: first that it is ready, then one answer to each array of texts. */
export type FromWorker =
  | { type: "ready" }
  | { type: "predictions"; predictions: ClassificationPrediction[] }
  | { type: "error"; message: string };

const { model: name, threads } = workerData as WorkerSettings;
const port = parentPort!;
const say = (message: FromWorker) => port.postMessage(message);

const model = await loadModel(name, { task: "classification", threads });
port.on("message", async (texts: string[]) => {
  try {
    say({ type: "predictions", predictions: await model.predict(texts) });
  } catch (error) {
    say({ type: "error", message: (error as Error).message });
  }
});
say({ type: "ready" });
