import { existsSync } from "node:fs";
import { type LoadOptions, loadWeights } from "../../lib/checkpoint/load-weights.js";
import { readConfig } from "../../lib/checkpoint/model-directory.js";
import { BertForSequenceClassification } from "../../lib/models/sequence-classification.js";
import { withoutInitialisation } from "../../lib/nn/init.js";
import type { Module } from "../../lib/nn/module.js";
import type { FlatParameters } from "../../lib/optim/flat-parameters.js";
import { noGrad } from "../../lib/tensor/autograd.js";
import { scope } from "../../lib/tensor/scope.js";
import { onDevice } from "./device.js";
import { type GoldenTensors, goldenPath } from "./golden.js";

export const MINILM = "../shared/data/models/all-minilm-l6-v2";

/** What a test of MiniLM passes as `skip`: a reason where its files are missing. */
export const withoutMiniLM = existsSync(MINILM) ? false : `${MINILM} is missing`;

/** The tiny classifier of the golden values, from one of its layouts. Dropout is off. */
export function loadTinyBert(layout = "tiny-bert", options: LoadOptions = {}): BertForSequenceClassification {
  return loadClassifier(goldenPath(layout), 3, options);
}

/** all-MiniLM-L6-v2 with the classification layer that the golden file brings. Dropout is off. */
export function loadMiniLM(golden: GoldenTensors): BertForSequenceClassification {
  const model = loadClassifier(MINILM, 2, { mayLack: ["classifier."] });
  noGrad(() => {
    for (const name of ["weight", "bias"] as const) {
      using stored = golden.tensor(`classifier.${name}`);
      model.classifier[name].copy_(stored);
    }
  });
  return model;
}

function loadClassifier(directory: string, numLabels: number, options: LoadOptions) {
  const config = readConfig(directory);
  const model = withoutInitialisation(() => new BertForSequenceClassification(config, numLabels));
  loadWeights(model, directory, options);
  return onDevice(model.eval());
}

/** Every stored tensor of a module as numbers, under its checkpoint's name. */
export function stateOf(module: Module): Map<string, Float64Array> {
  return scope(() => new Map([...module.namedState()].map(([name, tensor]) => [name, tensor.toArray()])));
}

/**
 * The gradients under the checkpoint's names, which split `queryKeyValue`. The model's weights are overwritten: its
 * own naming then shows the gradients.
 */
export function gradientsOf(module: Module, parameters: FlatParameters): Map<string, Float64Array> {
  noGrad(() => {
    for (const { weight, gradient } of parameters.groups) weight.copy_(gradient!);
  });
  return stateOf(module);
}
