import { productOf } from "../../arrays.js";
import { tensor } from "../create.js";
import type { DType } from "../dtype.js";
import { native } from "../native.js";
import type { TensorHandle } from "../native-ops.js";
import { Tensor } from "../tensor.js";

/** Where a trial computes, and in which type. */
export interface TrialPlace {
  device: string;
  dtype: DType;
}

/** What an operator gives for inputs that are always the same, and their gradients. */
type Trial = (place: TrialPlace) => Tensor[];

const [TOKENS, WIDTH, CLASSES] = [300, 768, 1000]; // as BERT-base has them, and more rows than a block takes
const [DROPOUT, EPS] = [0.1, 1e-12];
const SLOT = 32; // elements: parameters begin at multiples of it in flat buffers (lib/optim/parameter-group.ts)

/** For each operator with kernels of its own, by the name that libbert's library for GPUs gives it. */
export const TRIALS: Readonly<Record<string, Trial>> = {
  // Numbers of tokens that are no multiples of 8: one, less than a tile, and more than one.
  linear_gradients: (place) =>
    [1, 37, 1027].flatMap((tokens) => {
      const [x, bias] = [numbers(place, [tokens, WIDTH]), numbers(place, [256])];
      const weight = numbers(place, [256, WIDTH]);
      const flat = numbers(place, [SLOT + weight.size]).detach();
      weight.grad = flat.narrow(0, SLOT, weight.size).reshape(weight.shape); // it is added to
      return withGradients(native.linear(x.handle, weight.handle, bias.handle), [x, weight, bias]);
    }),
  bert_embeddings: (place) => {
    const [words, positions, segments] = [500, TOKENS, 2].map((rows) => numbers(place, [rows, WIDTH]));
    const [weight, bias] = [numbers(place, [WIDTH]), numbers(place, [WIDTH])];
    const idsBelow = (count: number) => ids(place, (token) => (token * 7) % count).handle;
    const output = native.bertEmbeddings(
      ...([words!.handle, idsBelow(500), 0] as const),
      ...([positions!.handle, idsBelow(TOKENS), segments!.handle, idsBelow(2)] as const),
      ...([weight.handle, bias.handle, EPS, DROPOUT, keyOn(place).handle, null] as const),
    );
    return withGradients(output, [words!, positions!, segments!, weight, bias]);
  },
  sum_by_id: (place) => {
    const table = numbers(place, [50, WIDTH]);
    const chosen = ids(place, (token) => (token * token) % 37); // some rows often, some never
    return withGradients(native.embedding(table.handle, chosen.handle, 0), [table]);
  },
  dropout: dropped,
  dropout_mask: dropped,
  dropout_add_layer_norm: (place) => {
    const [x, residual] = [numbers(place, [TOKENS, WIDTH]), numbers(place, [TOKENS, WIDTH])];
    const [weight, bias] = [numbers(place, [WIDTH]), numbers(place, [WIDTH])];
    const [a, b, w, c] = [x.handle, residual.handle, weight.handle, bias.handle];
    const output = native.dropoutAddLayerNorm(a, b, w, c, EPS, DROPOUT, keyOn(place).handle, null);
    return withGradients(output, [x, residual, weight, bias]);
  },
  gelu: (place) =>
    [true, false].flatMap((tanh) => {
      const inputs = [numbers(place, [TOKENS, 64]), numbers(place, [WIDTH, 64]), numbers(place, [WIDTH])];
      const [x, weight, bias] = inputs.map((input) => input.handle);
      return withGradients(native.linearGelu(x!, weight!, bias!, tanh), inputs);
    }),
  cross_entropy_sum: (place) => {
    const logits = numbers(place, [TOKENS, CLASSES]);
    const targets = ids(place, (token) => (token % 5 === 0 ? -100 : token % CLASSES), "int64");
    // The gradient is written over the logits: they are to be a product's, and not the leaf itself.
    return withGradients(native.crossEntropySum(logits.mul(2).handle, targets.handle), [logits]);
  },
  adamw: ({ device, dtype }) => {
    const flat = (type: DType) => numbers({ device, dtype: type }, [10_000]).detach();
    const [master, expAvg, expAvgSq] = [flat("float32"), flat("float32"), flat("float32").abs()];
    const [weight, grad, scale] = [flat(dtype), flat(dtype), tensor(0.5, { device })];
    const rates = tensor([1e-3, 0.1, 0.001], { dtype: "float64", device });
    native.adamw_(
      ...([master.handle, weight.handle, grad.handle, expAvg.handle, expAvgSq.handle] as const),
      ...([rates.handle, 1, 0.9, 0.999, 1e-8, 0.01, scale.handle, true] as const),
    );
    return [master, weight, grad, expAvg, expAvgSq];
  },
  segments: ({ device }) => {
    const flat = () => numbers({ device, dtype: "float32" }, [100_000]).detach();
    const [x, y] = [flat(), flat()];
    const offsets = tensor([0, 10, 10, 80_001, 100_000], { dtype: "int64", device });
    const sums = native.segmentSumsOfSquares(x.handle, offsets.handle);
    const factors = tensor([1, -2, 0.5, 3], { dtype: "float64", device });
    native.addScaledSegments_(x.handle, y.handle, offsets.handle, factors.handle);
    return [new Tensor(sums), x];
  },
  sum_of_squares: (place) => [new Tensor(native.sumOfSquares(numbers(place, [100_001]).detach().handle))],
};

function dropped(place: TrialPlace): Tensor[] {
  const x = numbers(place, [TOKENS, WIDTH]);
  return withGradients(native.dropout(x.handle, DROPOUT, keyOn(place).handle, null), [x]);
}

/** What a dropout mask is drawn from. */
function keyOn({ device }: TrialPlace): Tensor {
  return tensor(42, { dtype: "int64", device });
}

/** Numbers from -1 to 1, without an order; a leaf. */
function numbers({ device, dtype }: TrialPlace, shape: readonly number[]): Tensor {
  const count = productOf(shape);
  const values = Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 2017) / 1008 - 1);
  const leaf = tensor(values, { shape, dtype, device });
  leaf.requiresGrad = true;
  return leaf;
}

/** @param dtype Default: that of a model's ids */
function ids({ device }: TrialPlace, idOf: (token: number) => number, dtype: DType = "int32"): Tensor {
  const values = Array.from({ length: TOKENS }, (_, token) => idOf(token));
  return tensor(values, { dtype, device });
}

function withGradients(handle: TensorHandle, inputs: readonly Tensor[]): Tensor[] {
  const output = new Tensor(handle);
  output.mul(output).sum().backward();
  return [output.detach(), ...inputs.map((input) => input.grad!)];
}
