import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LibbertError } from "../../errors.js";
import { PytorchReader } from "../../files/pytorch/pytorch-reader.js";
import { SafetensorsReader } from "../../files/safetensors.js";
import type { TensorFile } from "../../files/tensor-file.js";
import { widened } from "../../files/widened.js";
import { shown } from "../../options/parse-fields.js";
import { counted } from "../../text-format.js";
import { DENSE_ACTIVATIONS, type Matrix, type SentenceLayer } from "./model.js";
import { inside, isModule, type ModuleEntry, nameOf, ownFields, Unsupported } from "./module-entry.js";

/** The vectors that a layer takes and gives; only those of the sentence are made here. */
const placeSchema = z.looseObject({
  module_input_name: z.string().nullish(),
  module_output_name: z.string().nullish(),
});

/** What a module behind the pooling does; null where that is nothing. */
export function layerOf(directory: string, module: ModuleEntry): SentenceLayer | null {
  const place = ownFields(placeSchema, directory, module) ?? {};
  for (const name of [place.module_input_name, place.module_output_name])
    if (name && name !== "sentence_embedding") throw new Unsupported(`${nameOf(module)} for ${name}`);
  if (isModule(module, "Normalize")) return { kind: "normalize" };
  if (isModule(module, "Dropout")) return null; // of training alone
  if (isModule(module, "Dense")) return denseOf(directory, module);
  if (isModule(module, "LayerNorm")) {
    using weights = weightsOf(directory, module);
    const weight = vector(weights, "norm.weight");
    return { kind: "layer-norm", weight, bias: vector(weights, "norm.bias", weight.length) };
  }
  throw new Unsupported(nameOf(module));
}

const denseSchema = z.looseObject({
  activation_function: z.string().default("torch.nn.modules.activation.Tanh"),
  use_residual: z.boolean().default(false),
});

function denseOf(directory: string, module: ModuleEntry): SentenceLayer {
  const fields = ownFields(denseSchema, directory, module) ?? denseSchema.parse({});
  const name = fields.activation_function as keyof typeof DENSE_ACTIVATIONS;
  if (!Object.hasOwn(DENSE_ACTIVATIONS, name)) throw new Unsupported(`a dense layer with ${shown(name)}`);
  using weights = weightsOf(directory, module);
  const weight = matrix(weights, "linear.weight");
  const through = weights.tensors.has("residual.weight") ? matrix(weights, "residual.weight") : "input";
  return {
    kind: "dense",
    weight,
    bias: weights.tensors.has("linear.bias") ? vector(weights, "linear.bias", weight.rows) : null,
    activation: DENSE_ACTIVATIONS[name],
    residual: fields.use_residual ? through : null,
  };
}

/** The tensors of a module's own, of safetensors where it has both. */
function weightsOf(directory: string, module: ModuleEntry): TensorFile {
  const [safetensors, pickle] = ["model.safetensors", "pytorch_model.bin"].map((file) =>
    join(directory, inside(module.path), file),
  );
  if (existsSync(safetensors!)) return new SafetensorsReader(safetensors!);
  if (existsSync(pickle!)) return new PytorchReader(pickle!);
  throw new Unsupported(`${nameOf(module)} without model.safetensors or pytorch_model.bin in ${module.path}`);
}

function matrix(weights: TensorFile, name: string): Matrix {
  const { shape } = weights.tensors.get(name) ?? {};
  if (shape?.length !== 2)
    throw new LibbertError("ERR_CHECKPOINT", `${weights.path}: Expected a matrix ${name}`);
  return { values: vector(weights, name), rows: shape[0]!, columns: shape[1]! };
}

/** @param length how many numbers it must have. Default: any number */
function vector(weights: TensorFile, name: string, length?: number): Float32Array {
  const stored = weights.tensors.get(name);
  if (stored === undefined) throw new LibbertError("ERR_CHECKPOINT", `${weights.path}: Expected ${name}`);
  const values = widened(weights.read(name), stored.dtype);
  if (values === null) throw new Unsupported(`${weights.path} with ${name} of type ${stored.code}`);
  if (length === undefined || values.length === length) return values;
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${weights.path}: Expected ${counted(length, "number")} for ${name} but received ${values.length}`,
  );
}
