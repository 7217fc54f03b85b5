import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LibbertError } from "../errors.js";
import { SafetensorsReader, type TensorToStore, writeSafetensors } from "../files/safetensors.js";
import type { FlatParameters } from "../optim/flat-parameters.js";
import { noGrad } from "../tensor/autograd.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

const TENSORS = "training.safetensors";
const STATE = "state.json";

const stateSchema = z.object({
  /** Updates made, over all phases. */
  step: z.int(),
  optimizerSteps: z.int(),
  /** Sums since the last line of the log. */
  interval: z.object({
    updates: z.int(),
    mlmLoss: z.number(),
    nspLoss: z.number(),
    gradientNorm: z.number(),
  }),
  /** The loss of that line; null before the first. */
  trainLoss: z.number().nullable(),
  /** What its sums were computed on: their order, and so their last bits, depend on it. */
  computedOn: z.object({
    device: z.string(),
    /** Of the CPU; null on a GPU, where they do not matter. */
    threads: z.int().nullable(),
  }),
  /** What decides the run's computation; a resumed run must ask for the same. */
  settings: z.looseObject({ phases: z.array(z.record(z.string(), z.unknown())) }),
});

/** All of a run that is not in its tensors. */
export type RunState = z.infer<typeof stateSchema>;

/** The same of a run under way, whose optimizer counts its own steps. */
export type RunProgress = Omit<RunState, "optimizerSteps">;

export const EMPTY_INTERVAL: RunState["interval"] = { updates: 0, mlmLoss: 0, nspLoss: 0, gradientNorm: 0 };

/** What an optimizer keeps, by name: a flat buffer for each parameter group. */
export type GroupBuffers = Readonly<Record<string, readonly Tensor[]>>;

/** Writes weights, the optimizer's buffers and the state into an existing folder. */
export function writeRunState(
  folder: string,
  parameters: FlatParameters,
  buffers: GroupBuffers,
  state: RunState,
): void {
  scope(() => {
    const tensors = new Map<string, TensorToStore>();
    for (const [name, tensor] of runTensors(parameters, buffers)) {
      tensors.set(name, { dtype: tensor.dtype, shape: tensor.shape, bytes: () => tensor.toBytes() });
    }
    writeSafetensors(join(folder, TENSORS), tensors);
  });
  writeFileSync(join(folder, STATE), JSON.stringify(state));
}

export function readRunState(folder: string): RunState {
  const path = join(folder, STATE);
  const parsed = stateSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (parsed.success) return parsed.data;
  throw new LibbertError("ERR_CHECKPOINT", `${path} is not the state of a run of this version of libbert`, {
    cause: parsed.error,
  });
}

/** Puts the weights and the optimizer's buffers back as `writeRunState` found them. */
export function restoreTensors(folder: string, parameters: FlatParameters, buffers: GroupBuffers): void {
  using reader = new SafetensorsReader(join(folder, TENSORS));
  noGrad(() =>
    scope(() => {
      for (const [name, tensor] of runTensors(parameters, buffers)) {
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

/** The float32 weights and the optimizer's buffers, parameter by parameter, as views. */
function* runTensors(parameters: FlatParameters, buffers: GroupBuffers): Generator<[string, Tensor]> {
  for (const [index, { master, slots }] of parameters.groups.entries()) {
    for (const { name, offset, size, shape } of slots) {
      const view = (buffer: Tensor) => buffer.narrow(0, offset, size).reshape(shape);
      yield [`weight/${name}`, view(master)];
      for (const [kind, ofGroups] of Object.entries(buffers))
        yield [`${kind}/${name}`, view(ofGroups[index]!)];
    }
  }
}
