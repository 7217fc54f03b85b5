import { dataError } from "../../../data/data-error.js";

/** Rows by their class, to draw others of the same class and of other classes from. */
export interface Partners {
  /** The class of each row. */
  classes: readonly number[]; // [N]
  /** The rows, those of a class one after the other. */
  order: Int32Array; // [N]
  /** Where each row stands in that order. */
  places: Int32Array; // [N]
  /** Where each class begins in that order, and at the end N. */
  starts: Int32Array; // [C + 1]
}

/** The rows that a row is paired with. */
export interface Drawn {
  /** Another row of the same class. */
  same: number;
  /** A row of another class. */
  other: number;
}

/** @throws LibbertError ERR_DATA, naming a label that has fewer than two rows */
export function partnersOf(classes: readonly number[], labels: readonly string[]): Partners {
  const order = Int32Array.from(classes.keys()).sort((a, b) => classes[a]! - classes[b]! || a - b);
  const places = new Int32Array(order.length);
  for (const [place, row] of order.entries()) places[row] = place;
  const starts = new Int32Array(labels.length + 1);
  for (const id of classes) starts[id + 1]!++;
  for (const [id, label] of labels.entries()) {
    const rows = starts[id + 1]!;
    if (rows < 2)
      throw dataError(
        "training rows",
        "at least two rows of each label, as pairs are made of them,",
        `${rows} of ${JSON.stringify(label)}`,
      );
    starts[id + 1]! += starts[id]!;
  }
  return { classes, order, places, starts };
}

/** @param uniforms two numbers in [0, 1) */
export function drawPartners(
  { classes, order, places, starts }: Partners,
  row: number,
  uniforms: readonly [number, number],
): Drawn {
  const start = starts[classes[row]!]!;
  const size = starts[classes[row]! + 1]! - start;
  const mate = start + Math.floor(uniforms[0] * (size - 1)); // of all but the row itself
  const stranger = Math.floor(uniforms[1] * (order.length - size)); // of all but its class
  return {
    same: order[mate < places[row]! ? mate : mate + 1]!,
    other: order[stranger < start ? stranger : stranger + size]!,
  };
}
