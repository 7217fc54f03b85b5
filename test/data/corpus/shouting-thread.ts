/** A thread of the test of `mapInThreads`: takes the longer, the smaller the number is. */
import { workerData } from "node:worker_threads";
import { answerQuestions } from "../../../lib/data/corpus/map-in-threads.js";
import { expected } from "../../../lib/errors.js";

answerQuestions((number: number): string => {
  if (number === workerData.bad) throw expected("a good number", "number", number);
  if (number === workerData.mad) throw new TypeError("a defect");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20 - number);
  return `${number}!`;
});
