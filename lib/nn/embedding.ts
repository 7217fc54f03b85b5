import { native } from "../tensor/native.js";
import { handleOf, Tensor } from "../tensor/tensor.js";
import { INITIALIZER_RANGE, weightParameter } from "./init.js";
import { Module, type Parameter } from "./module.js";

/** A table of vectors looked up by index: ids [T] → [T, dimension]. */
export class Embedding extends Module {
  /** [count, dimension] */
  readonly weight: Parameter;
  /** The row that looking it up does not train; -1, PyTorch's word for it, where each does. */
  readonly paddingId: number;

  /** @param options.paddingId the row that looking it up does not train. Default: none */
  constructor(
    count: number,
    dimension: number,
    std = INITIALIZER_RANGE,
    options: { paddingId?: number | null } = {},
  ) {
    super();
    this.paddingId = options.paddingId ?? -1;
    this.weight = weightParameter([count, dimension], std);
  }

  /** @throws when an id is not below the table's length */
  forward(ids: Tensor): Tensor {
    return new Tensor(native.embedding(this.weight.handle, handleOf(ids, "ids"), this.paddingId));
  }
}
