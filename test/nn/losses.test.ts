import assert from "node:assert/strict";
import { test } from "node:test";
import { binaryCrossEntropy, crossEntropy, klDiv, mseLoss, type Reduction } from "../../lib/nn/functional.js";
import { tensor } from "../../lib/tensor/create.js";
import type { Tensor } from "../../lib/tensor/tensor.js";
import { GoldenTensors } from "../support/golden.js";
import { assertClose } from "../support/tolerance.js";

const golden = new GoldenTensors("losses.safetensors");

// Float32 on both sides: a few roundings (6e-8 each) of losses up to 200.
const TOLERANCE = { absolute: 1e-6, relative: 1e-6 };

/** Compares the value under each reduction, and the gradients of mean and sum. */
function assertLoss(prefix: string, logits: Tensor, loss: (logits: Tensor, reduction: Reduction) => Tensor) {
  for (const reduction of ["mean", "sum", "none"] as const) {
    const leaf = logits.clone();
    leaf.requiresGrad = true;
    const value = loss(leaf, reduction);
    assertClose(value.toArray(), golden.values(`${prefix}.${reduction}`), TOLERANCE, reduction);
    if (reduction === "none") continue;
    value.backward();
    assertClose(
      leaf.grad!.toArray(),
      golden.values(`${prefix}.${reduction}_grad`),
      TOLERANCE,
      `${reduction} grad`,
    );
  }
}

const logits = golden.tensor("logits");
const labels = golden.tensor("labels").to("int64");
const weight = golden.tensor("weight");

for (const [prefix, options] of Object.entries({
  weighted: { weight },
  smoothed: { labelSmoothing: 0.1 },
  weighted_smoothed: { weight, labelSmoothing: 0.3 },
})) {
  test(`the ${prefix.replace("_", ", ")} cross entropy and its gradient are PyTorch's`, () => {
    assertLoss(prefix, logits, (x, reduction) => crossEntropy(x, labels, reduction, options));
  });
}

test("cross entropy refuses a smoothing above 1 and weights of another number of classes", () => {
  assert.throws(() => crossEntropy(logits, labels, "mean", { labelSmoothing: 1.5 }), /label_smoothing/);
  assert.throws(() => crossEntropy(logits, labels, "mean", { weight: tensor([1, 2]) }), /weight/);
});

test("the binary cross entropy and its gradient are PyTorch's, also where exp overflows", () => {
  const targets = golden.tensor("binary.targets");
  assertLoss("binary", golden.tensor("binary.logits"), (x, reduction) =>
    binaryCrossEntropy(x, targets, reduction),
  );
});

test("binary cross entropy of bfloat16 logits is computed in float32", () => {
  const narrow = golden.tensor("binary.logits").to("bfloat16");
  const targets = golden.tensor("binary.targets");
  const loss = binaryCrossEntropy(narrow, targets);
  assert.equal(loss.dtype, "float32");
  assert.equal(loss.item(), binaryCrossEntropy(narrow.to("float32"), targets).item());
});

test("losses of one shape refuse two that LibTorch would broadcast", () => {
  const [column, line] = [tensor([[1], [2], [3]]), tensor([1, 2, 3])];
  for (const loss of [binaryCrossEntropy, mseLoss, klDiv])
    assert.throws(() => loss(column, line), {
      code: "ERR_TENSOR",
      message: /^Expected a tensor of shape \[3, 1\] for targets? but received \[3\]$/,
    });
});
