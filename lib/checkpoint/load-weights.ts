import { LibbertError } from "../errors.js";
import type { Module } from "../nn/module.js";
import { noGrad } from "../tensor/autograd.js";
import { fromBytes } from "../tensor/create.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { isRedundant, matchNames } from "./stored-names.js";
import { CheckpointWeights } from "./weights.js";

export interface LoadOptions {
  /** Beginnings of names that the checkpoint may lack (a head that is new); they keep their initial values. */
  mayLack?: readonly string[];
  /** Beginnings of names that the checkpoint may have beyond the model (another task's head). */
  mayIgnore?: readonly string[];
}

/** What loading left as it was. */
export interface LoadReport {
  /** Parameters that the checkpoint lacks. */
  initialised: string[];
  /** Stored tensors that the model has no place for. */
  ignored: string[];
}

/**
 * Copies a checkpoint's weights into a module. Every name and shape is checked before the first byte is copied.
 *
 * @throws ERR_CHECKPOINT that lists all missing, extra and wrong-shaped names
 */
export function loadWeights(module: Module, directory: string, options: LoadOptions = {}): LoadReport {
  using weights = new CheckpointWeights(directory);
  return scope(() =>
    noGrad(() => {
      const state = new Map(module.namedState());
      const match = matchNames(weights.names(), new Set(state.keys()));
      const report = checkNames(state, match, weights, options);
      for (const [name, storedName] of match) copyTensor(state.get(name)!, weights, storedName);
      return report;
    }),
  );
}

function checkNames(
  state: ReadonlyMap<string, Tensor>,
  match: ReadonlyMap<string, string>,
  weights: CheckpointWeights,
  { mayLack = [], mayIgnore = [] }: LoadOptions,
): LoadReport {
  const used = new Set(match.values());
  const startsWithAny = (name: string, beginnings: readonly string[]) =>
    beginnings.some((b) => name.startsWith(b));
  const initialised = [...state.keys()].filter((name) => !match.has(name));
  const ignored = weights.names().filter((name) => !used.has(name) && !isRedundant(name));

  const problems = [
    ...initialised.filter((name) => !startsWithAny(name, mayLack)).map((name) => `missing: ${name}`),
    ...ignored.filter((name) => !startsWithAny(name, mayIgnore)).map((name) => `unexpected: ${name}`),
    ...[...match].flatMap(([name, storedName]) => {
      const { shape } = state.get(name)!;
      const stored = weights.describe(storedName).shape;
      if (String(stored) === String(shape)) return [];
      return [`shape of ${storedName}: [${stored}] where config.json asks for [${shape}]`];
    }),
  ];
  if (problems.length > 0) throw new LibbertError("ERR_CHECKPOINT", misfit(weights.directory, problems));
  return { initialised, ignored };
}

function misfit(directory: string, problems: readonly string[]): string {
  const shown = problems.slice(0, 12);
  const rest = problems.length - shown.length;
  const lines = rest > 0 ? [...shown, `and ${rest} more`] : shown;
  return `The weights in ${directory} do not fit the model:\n  ${lines.join("\n  ")}`;
}

function copyTensor(target: Tensor, weights: CheckpointWeights, storedName: string): void {
  using stored = fromBytes(
    weights.read(storedName),
    weights.describe(storedName).shape,
    weights.describe(storedName).dtype,
  );
  target.copy_(stored);
}
