import { Module, Parameter } from "../../nn/module.js";
import { noGrad } from "../../tensor/autograd.js";
import { native } from "../../tensor/native.js";
import { scope } from "../../tensor/scope.js";
import { handleOf, Tensor } from "../../tensor/tensor.js";

const LARGEST = 127;
/** No row's scale is smaller: one of zeros would be divided by zero. */
const SMALLEST_SCALE = 1e-30;
/** Integers are stored without a sign. */
const ZERO = 128;

/** A table of vectors as integers of 8 bits, each row with a scale of its own: ids [T] → [T, dimension]. For prediction alone. */
export class Int8Embedding extends Module {
  readonly integers: Parameter; // [count, dimension], uint8
  readonly scale: Parameter; // [count, 1]

  /** Takes over the memory of `table`, float32 [count, dimension]. */
  constructor(table: Parameter) {
    super();
    [this.integers, this.scale] = noGrad(() =>
      scope(() => {
        const scale = table
          .abs()
          .amax([1], true)
          .div(LARGEST)
          .clamp(SMALLEST_SCALE, Number.POSITIVE_INFINITY);
        const integers = table.div(scale).add(ZERO + 0.5); // the conversion cuts off what is behind the point
        const fixed = (values: Tensor) => new Parameter(values, { isTrained: false });
        return [fixed(integers.to("uint8")), fixed(scale)];
      }),
    );
    table.dispose();
  }

  forward(ids: Tensor): Tensor {
    return scope(() => {
      const rowsOf = (table: Tensor) => new Tensor(native.embedding(table.handle, handleOf(ids, "ids"), -1));
      return rowsOf(this.integers).to("float32").sub(ZERO).mul(rowsOf(this.scale));
    });
  }
}
