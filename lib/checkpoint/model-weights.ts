import type { TensorToStore } from "../files/safetensors.js";
import type { Network } from "../models/network.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import { scope } from "../tensor/scope.js";
import type { NetworkLayout } from "./load-network.js";
import { namesOf, networkTensors, storedTensors } from "./tensors-to-store.js";
import type { CheckpointWeights } from "./weights.js";

/** Who keeps a model's weights, and with what precision they are stored. */
export interface ModelWeights {
  /** Whether they are stored as float32, whatever the checkpoint that they come from says of itself. */
  readonly isFloat32: boolean;
  /** Calls `body` with the tensors of a checkpoint. */
  store(body: (tensors: ReadonlyMap<string, TensorToStore>) => void): void;
  dispose(): void;
}

/** Weights that are, or were, trained: float32 masters beside what the model computes with. */
export function trainedWeights(
  network: Network,
  layout: NetworkLayout,
  parameters: FlatParameters,
): ModelWeights {
  return {
    isFloat32: true,
    store: (body) => parameters.withMasters(() => scope(() => body(networkTensors(network, layout)))),
    dispose: () => parameters.dispose(),
  };
}

/**
 * Weights that are for prediction alone: each is in memory once, in the type that the model computes in. As they were stored they
 * remain in the checkpoint's files, which stay open.
 */
export function loadedWeights(
  network: Network,
  layout: NetworkLayout,
  stored: CheckpointWeights,
): ModelWeights {
  const names = namesOf(network, layout); // while it has them: it may be packed later
  return {
    isFloat32: false,
    store: (body) => body(storedTensors(names, layout, stored)),
    dispose() {
      network.dispose();
      stored[Symbol.dispose]();
    },
  };
}
