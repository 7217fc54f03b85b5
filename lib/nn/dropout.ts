import type { Tensor } from "../tensor/tensor.js";
import { dropout } from "./functional.js";
import { Module } from "./module.js";

/** Dropout while training, nothing otherwise. */
export class Dropout extends Module {
  constructor(
    /** Share of the numbers that become 0 while training, from 0 to 1. */
    readonly p: number,
  ) {
    super();
  }

  /** x with a share `p` of its numbers made 0, the rest divided by 1 - p; x itself outside training. @param rowIds int64 [T], see `dropout` */
  forward(x: Tensor, rowIds: Tensor | null = null): Tensor {
    return this.training ? dropout(x, this.p, rowIds) : x;
  }
}
