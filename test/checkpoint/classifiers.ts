import { loadNetwork, type NetworkLoading } from "../../lib/checkpoint/load-network.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { CheckpointWeights } from "../../lib/checkpoint/weights.js";
import { bert } from "../../lib/models/families/bert.js";
import type { Network } from "../../lib/models/network.js";
import { goldenPath } from "../support/golden.js";
import { newNetwork } from "../support/networks.js";

export const classifier = { family: bert, head: "sequence-classification" } as const;

export const newTinyBert = () =>
  newNetwork(readConfig(goldenPath("tiny-bert")), "sequence-classification", 3);

export function load(
  network: Network,
  directory: string,
  loading: Partial<NetworkLoading> = {},
): { initialised: string[]; ignored: string[] } {
  using weights = new CheckpointWeights(directory);
  return loadNetwork(network, weights, { ...classifier, ...loading });
}
