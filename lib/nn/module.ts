import { LibbertError } from "../errors.js";
import { noGrad } from "../tensor/autograd.js";
import type { DType } from "../tensor/dtype.js";
import { native } from "../tensor/native.js";
import { keep, scope } from "../tensor/scope.js";
import { handleOf, Tensor } from "../tensor/tensor.js";

/** A tensor that training changes: a leaf of the gradient graph that no scope frees. */
export class Parameter extends Tensor {
  /** How many of a checkpoint's tensors are stacked in this one, by rows. LAMB scales each of them separately. */
  stacked = 1;
  /** Whether weight decay pulls at it: not at biases and LayerNorm (google-research/bert, optimization.py). */
  decays: boolean;
  /** What it is computed with, whatever the rest of its model computes with; undefined for the same. */
  readonly ownDtype: DType | undefined;
  readonly #initialise: ((values: Tensor) => void) | undefined;

  /**
   * Takes over the memory of `data`.
   *
   * @param options.decays whether weight decay applies. Default: true
   * @param options.isTrained whether it records a gradient. Default: true
   * @param options.dtype what it is computed with in any case. Default: what the rest of its model is
   * @param options.initialise what gives a new one its first values. Default: it keeps those of `data`
   */
  constructor(
    data: Tensor,
    options: {
      decays?: boolean;
      isTrained?: boolean;
      dtype?: DType;
      initialise?: (values: Tensor) => void;
    } = {},
  ) {
    super(native.detach(data.handle));
    data.dispose();
    keep(this);
    this.requiresGrad = options.isTrained ?? true;
    this.decays = options.decays ?? true;
    this.ownDtype = options.dtype;
    this.#initialise = options.initialise;
  }

  /** Gives it its first values, drawn from this thread's generator where they are random. */
  initialise(): void {
    noGrad(() => this.#initialise?.(this));
  }
}

/**
 * Part of a model. Its parameters and sub-modules are its fields, and a parameter's name is the path of fields that
 * leads to it (`encoder.layer.0.output.dense.weight`), so a checkpoint's names are the code's names.
 */
export abstract class Module {
  /** True while training: dropout is on. Set it with `train()` and `eval()`. */
  training = true;

  /** The direct sub-modules with the field names that hold them; an array's elements get their index appended. */
  *children(): Generator<[string, Module]> {
    for (const [field, value] of Object.entries(this)) {
      if (value instanceof Module) yield [field, value];
      if (!Array.isArray(value)) continue;
      for (const [index, item] of value.entries())
        if (item instanceof Module) yield [`${field}.${index}`, item];
    }
  }

  /** Every parameter below this module with its path. */
  *namedParameters(prefix = ""): Generator<[string, Parameter]> {
    for (const [field, value] of Object.entries(this)) {
      if (value instanceof Parameter) yield [prefix + field, value];
    }
    for (const [name, child] of this.children()) yield* child.namedParameters(`${prefix}${name}.`);
  }

  /**
   * Every tensor that a checkpoint stores, under the checkpoint's name. The tensors share memory with the parameters,
   * record no gradient, and belong to the caller: ask for them inside a `scope()`.
   *
   * A module that keeps several stored tensors in one parameter overrides this.
   */
  *namedState(prefix = ""): Generator<[string, Tensor]> {
    for (const [field, value] of Object.entries(this)) {
      if (value instanceof Parameter) yield [prefix + field, value.detach()];
    }
    for (const [name, child] of this.children()) yield* child.namedState(`${prefix}${name}.`);
  }

  /**
   * The state of this module by names, as `namedState` gives it: the tensors share memory with the parameters and belong
   * to the caller. `clone()` those that training is not to change.
   */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(this.namedState());
  }

  /**
   * Copies a state into the parameters. Everything is checked before anything is copied.
   *
   * With `FlatParameters` of another dtype than float32 call it inside `withMasters`, and `refreshWeights` after it.
   *
   * @throws ERR_CHECKPOINT that lists the names and shapes that differ; ERR_OPTION for a value that is no tensor
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    for (const [name, value] of Object.entries(state)) handleOf(value, name);
    noGrad(() =>
      scope(() => {
        const own = this.stateDict();
        const faults = differences(own, state);
        if (faults.length > 0)
          throw new LibbertError("ERR_CHECKPOINT", `The state does not fit: ${faults.join("; ")}`);
        for (const [name, tensor] of Object.entries(own)) tensor.copy_(state[name]!);
      }),
    );
  }

  /** How many numbers its parameters have, those of all modules below with them. */
  parameterCount(): number {
    let count = 0;
    for (const [, parameter] of this.namedParameters()) count += parameter.size;
    return count;
  }

  /** Switches dropout on (or off) in this module and all below it. */
  train(training = true): this {
    this.training = training;
    for (const [, child] of this.children()) child.train(training);
    return this;
  }

  /** Switches dropout off. */
  eval(): this {
    return this.train(false);
  }

  /** Frees the memory of its parameters, those of all modules below with them. */
  dispose(): void {
    for (const [, parameter] of this.namedParameters()) parameter.dispose();
  }

  /** What `console.log(module)` shows: the tree of modules with the shapes of their parameters. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.describe("");
  }

  private describe(indent: string): string {
    const inner = `${indent}  `;
    const lines = Object.entries(this)
      .filter(([, value]) => value instanceof Parameter)
      .map(([field, value]) => `${inner}${field}: ${value.signature()}`);
    for (const [name, child] of this.children()) lines.push(`${inner}${name}: ${child.describe(inner)}`);
    if (lines.length === 0) return `${this.constructor.name}()`;
    return `${this.constructor.name}(\n${lines.join("\n")}\n${indent})`;
  }
}

/** How a state differs from a module's own, a phrase for each tensor. */
function differences(
  own: Readonly<Record<string, Tensor>>,
  state: Readonly<Record<string, Tensor>>,
): string[] {
  const has = (record: Readonly<Record<string, Tensor>>, name: string) => Object.hasOwn(record, name);
  const missing = Object.keys(own).filter((name) => !has(state, name));
  const unknown = Object.keys(state).filter((name) => !has(own, name));
  const misshapen = Object.keys(own).filter(
    (name) => has(state, name) && String(own[name]!.shape) !== String(state[name]!.shape),
  );
  return [
    ...missing.map((name) => `it lacks ${name}`),
    ...unknown.map((name) => `it has ${name}, which the module lacks`),
    ...misshapen.map(
      (name) => `expected shape [${own[name]!.shape}] for ${name} but received [${state[name]!.shape}]`,
    ),
  ];
}
