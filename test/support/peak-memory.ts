/**
 * Prints, as JSON, how many bytes the process's peak memory grows by in one update of a random BERT: what forward and
 * backward need on top of weights and gradients. A process of its own, because a peak is never forgotten.
 *
 * node peak-memory.js '{"layers": 12, "hidden": 128, "sequences": 16, "length": 128, "dtype": "float32", "checkpointing": true}'
 */
import "./one-thread.js";
import { readFileSync } from "node:fs";
import { bertPreset } from "../../lib/models/model-config.js";
import { crossEntropy } from "../../lib/nn/functional.js";
import { computeGradients } from "../../lib/nn/gradient-checkpointing.js";
import { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { tensor } from "../../lib/tensor/create.js";
import type { DType } from "../../lib/tensor/dtype.js";
import { scope } from "../../lib/tensor/scope.js";
import { inputOf } from "./golden.js";
import { logitsOf, newNetwork } from "./networks.js";

export interface MemorySettings {
  layers: number;
  hidden: number;
  heads: number;
  sequences: number;
  length: number;
  dtype: DType;
  checkpointing: boolean;
}

const { layers, hidden, heads, sequences, length, dtype, checkpointing }: MemorySettings = {
  ...{
    layers: 12,
    hidden: 128,
    heads: 2,
    sequences: 16,
    length: 128,
    dtype: "float32",
    checkpointing: false,
  },
  ...JSON.parse(process.argv[2]!),
};

const config = bertPreset("tiny", {
  num_hidden_layers: layers,
  hidden_size: hidden,
  num_attention_heads: heads,
  intermediate_size: 4 * hidden,
  vocab_size: 100,
});
const network = newNetwork(config, "sequence-classification");
const parameters = new FlatParameters(network.namedParameters(), { dtype });
parameters.allocateGradients();

/** Adds the gradients of a batch. */
function accumulate(rows: number, tokens: number): void {
  const sequence = { inputIds: new Int32Array(tokens).fill(7), tokenTypeIds: new Int32Array(tokens) };
  scope(() =>
    computeGradients(
      () =>
        crossEntropy(
          logitsOf(network, inputOf(new Array(rows).fill(sequence))),
          tensor(new Array(rows).fill(0), { dtype: "int64" }),
        ),
      checkpointing,
    ),
  );
}

/** A line of /proc/self/status, in bytes. */
function status(field: "VmRSS" | "VmHWM"): number {
  const line = readFileSync("/proc/self/status", "utf8").match(new RegExp(`^${field}:\\s+(\\d+) kB`, "m"))!;
  return 1024 * Number(line[1]);
}

accumulate(1, 2); // loads code and fills the libraries' own buffers
const before = status("VmRSS");
accumulate(sequences, length);
process.stdout.write(JSON.stringify({ bytes: status("VmHWM") - before }));
