import { join } from "node:path";
import { LibbertError } from "../errors.js";
import { SafetensorsReader, type TensorToStore, writeSafetensors } from "../files/safetensors.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import { noGrad } from "../tensor/autograd.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

const TENSORS = "training.safetensors";

/** What a run keeps beside its weights, by name: a flat buffer for each parameter group. */
export type GroupBuffers = Readonly<Record<string, readonly Tensor[]>>;

/** Writes the weights and the buffers into an existing folder. */
export function writeTensors(folder: string, parameters: FlatParameters, buffers: GroupBuffers): void {
  scope(() => {
    const tensors = new Map<string, TensorToStore>();
    for (const [name, tensor] of namedTensors(parameters, buffers)) {
      tensors.set(name, { dtype: tensor.dtype, shape: tensor.shape, bytes: () => tensor.toBytes() });
    }
    writeSafetensors(join(folder, TENSORS), tensors);
  });
}

/** Puts the weights and the buffers back as `writeTensors` found them. */
export function restoreTensors(folder: string, parameters: FlatParameters, buffers: GroupBuffers): void {
  using reader = new SafetensorsReader(join(folder, TENSORS));
  noGrad(() =>
    scope(() => {
      for (const [name, tensor] of namedTensors(parameters, buffers)) {
        const stored = reader.tensors.get(name);
        if (String(stored?.shape) !== String(tensor.shape)) {
          throw new LibbertError(
            "ERR_CHECKPOINT",
            `${folder}: ${name} does not fit: the snapshot is of another model`,
          );
        }
        tensor.copyBytes_(reader.read(name), "float32");
      }
    }),
  );
  parameters.refreshWeights();
}

/** The float32 weights and the buffers, parameter by parameter, as views. */
function* namedTensors(parameters: FlatParameters, buffers: GroupBuffers): Generator<[string, Tensor]> {
  for (const [index, { master, slots }] of parameters.groups.entries()) {
    for (const { name, offset, size, shape } of slots) {
      const view = (buffer: Tensor) => buffer.narrow(0, offset, size).reshape(shape);
      yield [`weight/${name}`, view(master)];
      for (const [kind, ofGroups] of Object.entries(buffers))
        yield [`${kind}/${name}`, view(ofGroups[index]!)];
    }
  }
}
