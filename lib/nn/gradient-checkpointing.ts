import { expected } from "../errors.js";
import { isGradEnabled, noGrad } from "../tensor/autograd.js";
import { type DropoutPosition, dropoutPosition, setDropoutPosition } from "../tensor/random.js";
import { keep, scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Module } from "./module.js";

/** Part of a forward pass, with all that running it again needs. */
interface Step {
  body: (...inputs: Tensor[]) => Tensor;
  inputs: readonly Tensor[];
  /** A leaf: what the later parts send back ends as its gradient. */
  output: Tensor;
  dropout: DropoutPosition;
}

/** The steps of the forward pass that `computeGradients` is running; null where nothing is to be run again. */
let steps: Step[] | null = null;

/**
 * Runs part of a model, and lets the memory of its inner tensors go: backward runs it once more to have them again
 * (gradient checkpointing; Chen et al., 2016, "Training Deep Nets with Sublinear Memory Cost"). It does so inside
 * `computeGradients` with checkpointing on; elsewhere this is `scope(() => body(...inputs))`.
 *
 * @param module what the part's parameters belong to
 * @param body the same function of its inputs each time; other tensors that it uses must live until backward is done
 * @param inputs outputs of other steps, or tensors that need no gradient
 */
export function checkpoint(
  module: Module,
  body: (...inputs: Tensor[]) => Tensor,
  ...inputs: Tensor[]
): Tensor {
  const tape = steps;
  if (tape === null || !needsGradient(module, inputs)) return scope(() => body(...inputs));
  for (const input of inputs) {
    if (!input.requiresGrad || tape.some(({ output }) => output === input)) continue;
    throw expected(
      "the output of another step, or a tensor without gradient,",
      "an input of checkpoint()",
      input,
    );
  }
  const dropout = dropoutPosition();
  const output = keep(scope(() => noGrad(() => body(...inputs))));
  output.requiresGrad = true;
  tape.push({ body, inputs, output, dropout });
  return output;
}

/** Whether backward will come to a step: not where all is frozen, nor inside `noGrad`. */
function needsGradient(module: Module, inputs: readonly Tensor[]): boolean {
  if (!isGradEnabled()) return false;
  if (inputs.some(({ requiresGrad }) => requiresGrad)) return true;
  for (const [, parameter] of module.namedParameters()) if (parameter.requiresGrad) return true;
  return false;
}

/**
 * Adds the gradient of a loss to the parameters that it depends on.
 *
 * With checkpointing the gradients are the same, bit for bit on the CPU, except where a parameter is used by several
 * steps and its gradient is not zero before: there the order of additions may differ.
 *
 * @param lossOf the forward pass: gives a loss, or parts that add up to one
 * @param checkpointing whether what `checkpoint` runs is forgotten and computed again
 * @returns the loss
 */
export function computeGradients(lossOf: () => Tensor, checkpointing = false): Tensor {
  const outer = steps;
  const tape: Step[] = [];
  steps = checkpointing ? tape : null;
  try {
    const loss = lossOf();
    loss.sum().backward();
    steps = null; // the second time around, a step's graph is recorded as usual
    if (tape.length > 0) backwardThroughAll(tape);
    return loss;
  } finally {
    steps = outer;
    for (const { output } of tape) output.dispose();
  }
}

/** The dropout that comes after is what it would have been. */
function backwardThroughAll(tape: Step[]): void {
  const dropout = dropoutPosition();
  for (let step = tape.pop(); step !== undefined; step = tape.pop()) backwardThrough(step);
  setDropoutPosition(dropout);
}

function backwardThrough({ body, inputs, output, dropout }: Step): void {
  scope(() => {
    const gradient = output.grad;
    output.dispose();
    if (gradient === null) return; // the loss does not depend on it
    setDropoutPosition(dropout);
    const leaves = inputs.map((input) => {
      const leaf = input.detach();
      leaf.requiresGrad = input.requiresGrad;
      return leaf;
    });
    body(...leaves).backward(gradient);
    for (const [index, input] of inputs.entries()) addGradient(input, leaves[index]!.grad);
  });
}

function addGradient(input: Tensor, gradient: Tensor | null): void {
  if (gradient === null) return;
  const sum = input.grad; // there is one where something else uses the same tensor
  if (sum === null) input.grad = gradient;
  else sum.add_(gradient);
}
