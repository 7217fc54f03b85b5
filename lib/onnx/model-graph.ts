import type { Checkpoint } from "../checkpoint/checkpoint.js";
import type { ModelToSave } from "../checkpoint/save-model.js";
import { LibbertError } from "../errors.js";
import type { TensorToStore } from "../files/safetensors.js";
import { headNames } from "../models/families/family.js";
import type { Draft } from "./draft.js";
import { encoder } from "./encoder.js";
import { GraphBuilder, type Value } from "./graph-builder.js";
import { head } from "./heads.js";
import { tokenInputs } from "./inputs.js";
import type { ModelGraph } from "./model-file.js";
import type { ExportDType } from "./options.js";
import { sentenceVector } from "./sentence-vector.js";
import { ExportWeights } from "./weights.js";

/**
 * What a model computes, as a graph for padded batches.
 *
 * @param tensors the model's, by the names that they would be saved under
 */
export function modelGraph(
  { checkpoint, head: kind, calibration }: ModelToSave,
  tensors: ReadonlyMap<string, TensorToStore>,
  dtype: ExportDType,
): ModelGraph {
  const { family, encoder: config } = checkpoint;
  const graph = new GraphBuilder(dtype === "fp16" ? "float16" : "float32");
  const weights = new ExportWeights(tensors, { family, head: kind });
  const { temperature = 1 } = calibration?.calibration ?? {};
  const draft: Draft = { graph, weights, isQuantised: dtype === "q8", temperature };
  const inputs = tokenInputs(graph, config, kind);
  const hiddenStates = encoder(draft, config, inputs);
  if (kind === null) hiddenOutputs(graph, checkpoint, hiddenStates.at(-1)!, inputs.attentionMask);
  else head(draft, kind, { family, config, hiddenStates });
  checkAllTaken(weights);
  return graph.finish();
}

/** The outputs of an encoder alone. */
function hiddenOutputs(
  graph: GraphBuilder,
  { encoder: { hiddenSize }, sentences }: Checkpoint,
  hidden: Value,
  attentionMask: Value,
): void {
  graph.output("last_hidden_state", hidden, ["batch_size", "sequence_length", hiddenSize]);
  const { model, vectors } = sentences;
  if (model === null || model instanceof LibbertError) return;
  const { truncateDim } = vectors;
  const { vector, width } = sentenceVector(graph, model, { hidden, attentionMask, hiddenSize }, truncateDim);
  graph.output("sentence_embedding", vector, ["batch_size", width]);
}

/** A family whose networks have more parameters than the graphs here would be exported wrongly. */
function checkAllTaken(weights: ExportWeights): void {
  const { family, head } = weights.layout;
  const beside = head === null ? headNames(family).map((name) => name.slice(family.prefix.length)) : [];
  const left = weights.untaken().filter((name) => !beside.some((one) => name.startsWith(`${one}.`)));
  if (left.length > 0) throw new Error(`No part of the graph takes ${left.join(", ")}`);
}
