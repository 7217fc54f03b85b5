// What a pre-training would take on 8, 64 and 512 GPUs, from what one of them does and how fast the network is.
//   node dist/examples/distributed/sizing.js --tokens-per-second 100000 --bandwidth 40
// Measure the first with `libbert pretrain` on one GPU, the second with `libbert doctor --distributed`.
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    "tokens-per-second": { type: "string" }, // of one process
    bandwidth: { type: "string" }, // GB/s of a sum over the ranks, as doctor --distributed prints it for 64 MiB
    parameters: { type: "string", default: "110e6" }, // BERT-base; large has 340e6
    "batch-size": { type: "string", default: "64" }, // sequences of one process, in one micro-batch
    accumulation: { type: "string", default: "1" }, // micro-batches of an update
    tokens: { type: "string", default: "128" }, // of a sequence
    "reduce-bytes": { type: "string", default: "4" }, // of a gradient on its way: 2 with --reduce-dtype bfloat16
    sequences: { type: "string", default: "256e6" }, // of the whole training: the paper's 1 M updates of 256
    processes: { type: "string", default: "8,64,512" },
  },
});
const number = (name: Exclude<keyof typeof values, "processes">): number => {
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`Expected a number above 0 for --${name} but received ${values[name]}`);
  return value;
};

/** Backward takes two thirds of an update; the word embeddings' gradients, a quarter of BERT-base's, come at its end. */
const BACKWARD_SHARE = 2 / 3;
const LAST_SHARE = 0.25;

const rows = values.processes.split(",").map((text) => {
  const processes = Number(text);
  const accumulation = number("accumulation");
  const ownTokens = number("batch-size") * number("tokens") * accumulation;
  const computing = ownTokens / number("tokens-per-second");
  const reduction = (number("parameters") * number("reduce-bytes")) / (number("bandwidth") * 1e9);
  // Reduced while the last micro-batch's backward runs: what is longer than that, and what comes last, is waited for.
  const backward = (BACKWARD_SHARE * computing) / accumulation;
  const waited = Math.max(reduction - backward, LAST_SHARE * reduction);
  const batch = number("batch-size") * accumulation * processes;
  const tokensPerSecond = (ownTokens * processes) / (computing + waited);
  return {
    processes,
    batch,
    "update ms": (1000 * (computing + waited)).toFixed(1),
    "of which waited": (1000 * waited).toFixed(1),
    "efficiency %": ((100 * computing) / (computing + waited)).toFixed(1),
    "tokens/s": Math.round(tokensPerSecond),
    hours: ((number("sequences") * number("tokens")) / tokensPerSecond / 3600).toFixed(1),
  };
});
console.table(rows);
