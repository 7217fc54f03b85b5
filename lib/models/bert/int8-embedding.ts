import { Module, Parameter } from "../../nn/module.js";
import { noGrad } from "../../tensor/autograd.js";
import { empty } from "../../tensor/create.js";
import { native } from "../../tensor/native.js";
import { scope } from "../../tensor/scope.js";
import { handleOf, Tensor } from "../../tensor/tensor.js";

const LARGEST = 127;
/** Integers are stored without a sign. */
const ZERO = 128;
/** No row's scale is smaller: one of zeros would be divided by zero. */
const SMALLEST_SCALE = 1e-30;
/** Rows that are quantised at once: the whole table would be in memory several times. */
const BLOCK = 4096;

/** A table of vectors as integers of 8 bits, each row with a scale of its own: ids [T] → [T, dimension]. For prediction alone. */
export class Int8Embedding extends Module {
  readonly integers: Parameter; // [count, dimension], uint8
  readonly scale: Parameter; // [count, 1]

  /** Takes over the memory of `table`, float32 [count, dimension]. */
  constructor(table: Parameter) {
    super();
    const [count, dimension] = table.shape as [number, number];
    this.integers = new Parameter(empty([count, dimension], { dtype: "uint8" }), { isTrained: false });
    this.scale = new Parameter(empty([count, 1]), { isTrained: false });
    for (let first = 0; first < count; first += BLOCK) {
      const rowsOf = (all: Tensor) => all.narrow(0, first, Math.min(BLOCK, count - first));
      noGrad(() => scope(() => quantise(rowsOf(table), rowsOf(this.integers), rowsOf(this.scale))));
    }
    table.dispose();
  }

  forward(ids: Tensor): Tensor {
    return scope(() => {
      const rowsOf = (table: Tensor) => new Tensor(native.embedding(table.handle, handleOf(ids, "ids"), -1));
      return rowsOf(this.integers).to("float32").sub(ZERO).mul(rowsOf(this.scale));
    });
  }
}

function quantise(rows: Tensor, integers: Tensor, scale: Tensor): void {
  scale.copy_(rows.abs().amax([1], true).div(LARGEST).clamp(SMALLEST_SCALE, Number.POSITIVE_INFINITY));
  integers.copy_(rows.div(scale).add(ZERO + 0.5)); // the conversion cuts off what is behind the point
}
