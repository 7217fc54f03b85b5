import { computeGradients } from "../nn/gradient-checkpointing.js";
import { gradientNorm } from "../optim/gradient-norm.js";
import { clippingScale } from "../optim/gradient-scale.js";
import { zeros } from "../tensor/create.js";
import { startDropoutStream } from "../tensor/random.js";
import { scope } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Counts, totalsOn } from "./totals.js";
import type { Training } from "./training.js";

/** What an update is computed from. */
export interface Change<Batch> {
  batches: Batch[];
  /** What all its micro-batches count, on all ranks. */
  totals: Counts;
  /** Updates made so far. */
  step: number;
}

/** What an update's gradients, which lie in the parameters' buffers, came with: on the device. The caller disposes it. */
export interface UpdateGradients {
  loss: Tensor; // float64 [] or [parts]
  norm: Tensor; // float64 []
  /** What the gradients are to be multiplied with; NaN, which changes nothing, where the loss or the norm is not finite. */
  scale: Tensor; // float32 []
}

/** The gradients of an update, of all its micro-batches and ranks. */
export function updateGradients<Batch>(
  training: Training<Batch>,
  { batches, totals, step }: Change<Batch>,
): UpdateGradients {
  const { parameters, ranks, seed, gradientCheckpointing, lossParts } = training;
  return scope(() => {
    training.prepareUpdate?.(batches, () => startDropoutStream(seed, step));
    const shape = lossParts === undefined ? [] : [lossParts];
    const loss = zeros(shape, { dtype: "float64", device: parameters.device }); // a rank may have no rows left
    const divisors = totalsOn(parameters.device, totals);
    for (const [index, batch] of batches.entries()) {
      const isLast = index === batches.length - 1;
      // With checkpointing, backward comes more than once to a parameter that several steps use.
      if (isLast && !gradientCheckpointing) ranks?.startReduction();
      startDropoutStream(seed, step); // a micro-batch draws the masks that its rows would have in the whole batch
      scope(() => {
        const share = computeGradients(() => training.loss(batch, divisors), gradientCheckpointing);
        loss.add_(share.detach());
      });
      // The last one's gradients the ranks' reduction collects, chunk by chunk.
      if (batches.length > 1 && !(isLast && ranks)) parameters.collectGradients();
    }
    ranks?.finishReduction();
    ranks?.sum(loss);
    return clipped(training, loss, gradientNorm(parameters, ranks));
  });
}

/** The gradients of an update of one batch, from a loss that is made of tensors alone. */
export function gradientsOf<Batch>(training: Training<Batch>, lossOf: () => Tensor): UpdateGradients {
  return scope(() => {
    const loss = computeGradients(lossOf).detach().to("float64");
    return clipped(training, loss, gradientNorm(training.parameters));
  });
}

function clipped<Batch>({ maxGradNorm }: Training<Batch>, loss: Tensor, norm: Tensor): UpdateGradients {
  return { loss, norm, scale: clippingScale(loss, norm, maxGradNorm) };
}
