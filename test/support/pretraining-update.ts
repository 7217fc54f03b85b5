import { initialiseNetwork } from "../../lib/checkpoint/load-network.js";
import type { PretrainingBatch } from "../../lib/data/pretraining/pretraining-epoch.js";
import { capturable } from "../../lib/models/device-batch.js";
import { bertPreset } from "../../lib/models/model-config.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import type { FlatParameters } from "../../lib/optim/flat-parameters.js";
import type { Optimizer } from "../../lib/optim/optimizer.js";
import { networkOf, Pretrainer, pretrainingLayout } from "../../lib/pre-training/pretrainer.js";
import type { Graphs } from "../../lib/tensor/graph.js";
import { GraphsOfUpdates } from "../../lib/train/graphs-of-updates.js";
import type { Training } from "../../lib/train/training.js";
import { type Update, update } from "../../lib/train/update.js";
import { UpdateFigures } from "../../lib/train/update-figures.js";
import { WeightSnapshot } from "../../lib/train/weight-snapshot.js";

/** Updates in pre-training with both objectives, in bfloat16 on the CPU, of which nobody reads the figures. */
export interface PretrainingUpdates extends Disposable {
  make(change: Omit<Update<PretrainingBatch>, "isReportDue">): void;
}

interface Settings
  extends Partial<Pick<Training<PretrainingBatch>, "learningRate" | "gradientCheckpointing">> {
  /** Default: 2 */
  layers?: number;
  /** What captures gradients. Default: nothing */
  graphs?: Graphs;
}

/** Of a model with BERT's layers, made tiny. */
export function tinyPretraining(
  newOptimizer: (parameters: FlatParameters) => Optimizer,
  { layers = 2, learningRate = () => 1e-4, gradientCheckpointing, graphs: made }: Settings = {},
): PretrainingUpdates {
  const config = bertPreset("tiny", {
    ...{ vocab_size: 64, hidden_size: 32, intermediate_size: 64, max_position_embeddings: 64 },
    ...{ num_hidden_layers: layers, num_attention_heads: 2 },
  });
  const network = withoutInitialisation(() => networkOf(config, "mlm+nsp"));
  initialiseNetwork(network, pretrainingLayout(config, "mlm+nsp"), 1);
  const compute = { device: "cpu", dtype: "bfloat16", reason: "" } as const;
  const pretrainer = new Pretrainer({ network, config, objective: "mlm+nsp", compute });
  pretrainer.train(true);
  const { parameters } = pretrainer;
  const training: Training<PretrainingBatch> = {
    ...{ parameters, optimizer: newOptimizer(parameters), learningRate, updates: [], seed: 1 },
    ...{ counts: pretrainer.counts, lossParts: pretrainer.lossParts, maxGradNorm: 1, gradientCheckpointing },
    loss: (batch, totals) => pretrainer.loss(batch, totals),
  };
  const graphs = made && new GraphsOfUpdates(training, capturable(pretrainer, "cpu"), () => made);
  const figures = new UpdateFigures<PretrainingBatch>();
  const lastGood = new WeightSnapshot(parameters);
  return {
    make: (change) => update(training, { ...change, isReportDue: false }, figures, lastGood, graphs),
    [Symbol.dispose]: () => {
      graphs?.[Symbol.dispose]();
      for (const owner of [figures, lastGood, training.optimizer]) owner.dispose();
      pretrainer[Symbol.dispose]();
    },
  };
}
