import { describe } from "../errors.js";
import type { Findings } from "./findings.js";
import type { Finding, FindingExample } from "./report.js";
import type { RowStore } from "./row-store.js";

/** Rows of two sources in one store: those of `data` stand before `boundary`, those of `against` behind. */
export interface StoredRows {
  store: RowStore;
  boundary: number;
}

/**
 * Finds rows with the same texts: twice in a source, in both sources, and with different things that are right for them.
 *
 * @returns the first row of each text, in rising order
 */
export function findSameTexts(rows: StoredRows, findings: Findings): Int32Array {
  const firsts: number[] = [];
  const repeated: Uint32Array[] = [];
  for (const group of groupsOf(rows.store.keys)) {
    firsts.push(group[0]!);
    if (group.length > 1) repeated.push(group);
  }
  repeated.sort((a, b) => a[0]! - b[0]!);
  for (const group of repeated) compareGroup(group, rows, findings);
  return Int32Array.from(firsts).sort();
}

/** Rows by their keys, each group in the order of the rows; those without a key are in none. */
function* groupsOf(keys: Float64Array): Generator<Uint32Array> {
  const rows = Uint32Array.from(keys.keys()).filter((row) => !Number.isNaN(keys[row]!));
  rows.sort((a, b) => keys[a]! - keys[b]! || a - b);
  let start = 0;
  for (let end = 1; end <= rows.length; end++) {
    if (end < rows.length && keys[rows[end]!] === keys[rows[start]!]) continue;
    yield rows.subarray(start, end);
    start = end;
  }
}

function compareGroup(group: Uint32Array, rows: StoredRows, findings: Findings): void {
  const first = group[0]!;
  const firstOf = { data: first, against: group.find((row) => row >= rows.boundary) };
  for (const row of group.subarray(1)) {
    const source = sourceOf(row, rows);
    const isLeak = source === "against" && first < rows.boundary;
    if (isLeak) findings.add({ kind: "leakage", in: source, what: LEAKAGE }, pairExample(row, first, rows));
    if (row !== firstOf[source])
      findings.add(
        { kind: "duplicate", in: source, what: DUPLICATE },
        pairExample(row, firstOf[source]!, rows),
      );
    if (areInConflict(row, first, rows))
      findings.add({ kind: "conflict", in: source, what: CONFLICT }, pairExample(row, first, rows));
  }
}

const LEAKAGE = "rows whose texts the data has, too";
const DUPLICATE = "rows whose texts stood in a row before";
const CONFLICT = "rows with the texts of another row, for which something else is right";

export function sourceOf(row: number, { boundary }: StoredRows): Finding["in"] {
  return row < boundary ? "data" : "against";
}

/** Whether different things are right for two rows. */
export function areInConflict(a: number, b: number, { store: { targets } }: StoredRows): boolean {
  return !Number.isNaN(targets[a]!) && targets[a] !== targets[b];
}

/** A row, and another with the same or a similar text. @param similarity where it is less than the same */
export function pairExample(
  row: number,
  other: number,
  rows: StoredRows,
  similarity?: number,
): () => FindingExample {
  const { store } = rows;
  return () => {
    const parts = similarity === undefined ? [] : [`similarity ${similarity.toFixed(2)}`];
    if (areInConflict(row, other, rows))
      parts.push(`${describe(store.targetOf(row))} here, ${describe(store.targetOf(other))} there`);
    return {
      location: store.locationOf(row),
      text: store.excerptOf(row),
      detail: parts.join("; "),
      other: { location: store.locationOf(other), text: store.excerptOf(other) },
    };
  };
}
