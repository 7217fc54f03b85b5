import type { ProcessGroup } from "../../distributed/group.js";
import { noGrad } from "../../tensor/autograd.js";
import { tensor, zeros } from "../../tensor/create.js";
import { scope } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { TaskBatch } from "../head.js";
import type { VectorExamples } from "./examples.js";
import type { VectorRows } from "./losses.js";

/** Rows of a data set: B of them, or those of an update. */
export interface VectorBatch extends TaskBatch {
  rows: VectorExamples;
  items: readonly number[]; // [B]
  /** How many sequences each text has: the windows of a long one. */
  windows: readonly number[]; // [B C]
  /** The items' numbers in the order of all epochs. */
  numbers: readonly number[]; // [B]
  /** What the whole update's loss asks of this batch, where the update is of several. */
  share?: LossShare;
}

/** A part of a loss that looks at all rows of an update at once. */
export interface LossShare {
  /** Of the loss, by the number of rows. */
  value: number;
  /** Of the loss by the batch's vectors. */
  gradient: Float32Array; // [B C, D]
}

/** A loss of all rows of an update. */
type UpdateLoss = (rows: VectorRows) => Tensor;

/**
 * Gives each micro-batch, on all ranks, its share of the loss of the whole update, as large batches are trained in little memory (Gao
 * et al., 2021): the vectors of all rows are computed without gradients; the loss's gradient by the vectors is what
 * each micro-batch takes back through its own forward pass, one after the other.
 *
 * @param vectorsOf a micro-batch's vectors [B C, D], the same as in training
 */
export function shareLoss(
  batches: readonly VectorBatch[],
  group: ProcessGroup | undefined,
  vectorsOf: (batch: VectorBatch) => Tensor,
  loss: UpdateLoss,
): void {
  const own = batches.map((batch) => noGrad(() => scope(() => vectorsOf(batch).toFloat32Array())));
  const { places, items, vectors } = gathered(batches, own, group);
  const [first] = batches;
  if (first === undefined) return; // a rank without rows of its own: its part of the sums is done
  const { rows } = first;
  const { value, gradient } = lossOfAll(rowsOf(rows, items), vectors, rows.texts, loss);
  const width = vectors.length / items.length;
  let next = 0;
  for (const batch of batches) {
    const gradients = new Float32Array(batch.items.length * width);
    for (let index = 0; index < batch.items.length; index++, next++)
      gradients.set(gradient.subarray(places[next]! * width, (places[next]! + 1) * width), index * width);
    batch.share = { value: (value * batch.items.length) / items.length, gradient: gradients };
  }
}

/** The loss of a batch whose share is known: its value is that share, and its gradient by the vectors the share's. */
export function shareOf(vectors: Tensor, { value, gradient }: LossShare): Tensor {
  return scope(() => {
    const given = tensor(gradient, { shape: vectors.shape, device: vectors.device });
    const product = vectors.mul(given).sum();
    return product.sub(product.detach()).add(value);
  });
}

/** A batch's texts as vectors, by column. */
export function columnsOf(vectors: Tensor, texts: number): Tensor[] {
  const [count, width] = vectors.shape as [number, number];
  const byRow = vectors.reshape([count / texts, texts, width]);
  return Array.from({ length: texts }, (_, text) => byRow.select(1, text));
}

/** What losses know of rows beside their vectors. */
export function rowsOf(
  { texts, textIds, scores, answers }: VectorExamples,
  items: readonly number[],
): Omit<VectorRows, "columns"> {
  return {
    texts: Array.from({ length: texts }, (_, text) => items.map((item) => textIds[item * texts + text]!)),
    ...(scores && { scores: items.map((item) => scores[item]!) }),
    ...(answers && {
      answers: answers.map((column) => (column.length > 0 ? items.map((item) => column[item]!) : [])),
    }),
  };
}

interface Gathered {
  /** Where this rank's rows stand among all. */
  places: number[];
  /** Of all ranks, in the order of their numbers. */
  items: number[];
  vectors: Float32Array; // [rows, C D]
}

/** All ranks' rows and vectors, in the same order on each: the order of one process alone. */
function gathered(
  batches: readonly VectorBatch[],
  vectors: readonly Float32Array[],
  group: ProcessGroup | undefined,
): Gathered {
  const own = batches.flatMap(({ numbers, items }) =>
    numbers.map((number, index) => [number, items[index]!] as const),
  );
  const width = own.length === 0 ? 0 : vectors.reduce((sum, { length }) => sum + length, 0) / own.length;
  const texts = group
    ? group.exchange("rows", JSON.stringify({ width, own }))
    : [JSON.stringify({ width, own })];
  const ranks = texts.map((text) => JSON.parse(text) as { width: number; own: [number, number][] });
  const all = ranks.flatMap((rank) => rank.own).sort(([a], [b]) => a - b);
  const placeOf = new Map(all.map(([number], place) => [number, place]));
  const places = own.map(([number]) => placeOf.get(number)!);
  const size = Math.max(...ranks.map((rank) => rank.width));
  const whole = new Float32Array(all.length * size);
  let next = 0;
  for (const some of vectors) {
    for (let start = 0; start < some.length; start += size, next++)
      whole.set(some.subarray(start, start + size), places[next]! * size);
  }
  return { places, items: all.map(([, item]) => item), vectors: group ? sumOver(group, whole) : whole };
}

/** Where the others' vectors go are zeros: the sum over the ranks puts all together. */
function sumOver(group: ProcessGroup, own: Float32Array): Float32Array {
  return scope(() => {
    const sum = own.length === 0 ? zeros([0]) : tensor(own);
    group.allReduce(sum);
    return sum.toFloat32Array();
  });
}

function lossOfAll(
  rows: Omit<VectorRows, "columns">,
  vectors: Float32Array,
  texts: number,
  loss: UpdateLoss,
): { value: number; gradient: Float32Array } {
  return scope(() => {
    const count = rows.texts[0]!.length;
    const leaf = tensor(vectors, { shape: [count * texts, vectors.length / count / texts] });
    leaf.requiresGrad = true;
    const whole = loss({ ...rows, columns: columnsOf(leaf, texts) });
    whole.backward();
    return { value: whole.item(), gradient: leaf.grad!.toFloat32Array() };
  });
}
