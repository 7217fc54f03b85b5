import { zeros } from "../tensor/create.js";
import { native } from "../tensor/native.js";
import { nextDropoutKey } from "../tensor/random.js";
import { scope } from "../tensor/scope.js";
import { handleOf, Tensor } from "../tensor/tensor.js";
import { onesParameter, zerosParameter } from "./init.js";
import { Module, type Parameter } from "./module.js";

/** Layer normalisation over the last dimension (Ba et al., 2016). */
export class LayerNorm extends Module {
  /** [size] */
  readonly weight: Parameter;
  /** [size] */
  readonly bias: Parameter;

  constructor(
    size: number,
    /** What is added to the variance before its root is taken. Default: 1e-12, as the paper's code has it */
    readonly eps = 1e-12,
  ) {
    super();
    this.weight = onesParameter([size]);
    this.bias = zerosParameter([size]);
  }

  /** x [..., size] → as it comes; the same bits whatever the number of threads, unlike LibTorch's gradients. */
  forward(x: Tensor): Tensor {
    handleOf(x, "x");
    return scope(() => {
      const rows = x.shape.length === 1 ? x.unsqueeze(0) : x.flatten(0, -2);
      const nothing = zeros([1, 1], { dtype: x.dtype, device: x.device }).expand(rows.shape);
      return this.addDropout(rows, nothing, 0, null).reshape(x.shape);
    });
  }

  /**
   * `LayerNorm(residual + dropout(x))` in one pass, the end of each half of a BERT layer.
   *
   * @param rowIds int64 [T], names each row for its dropout mask (see `dropout`)
   */
  addDropout(x: Tensor, residual: Tensor, p: number, rowIds: Tensor | null): Tensor {
    const { weight, bias, eps, training } = this;
    const rate = training ? p : 0;
    const key = rate > 0 ? nextDropoutKey(weight.device) : null;
    return new Tensor(
      native.dropoutAddLayerNorm(
        handleOf(x, "x"),
        handleOf(residual, "residual"),
        weight.handle,
        bias.handle,
        eps,
        rate,
        key,
        rowIds && handleOf(rowIds, "rowIds"),
      ),
    );
  }
}
