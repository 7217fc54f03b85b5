import { dataError } from "../data/data-error.js";
import { readVectorExamples, type VectorColumns } from "../data/vector-rows.js";
import { expected } from "../errors.js";
import { requirePath } from "../files/require-path.js";
import type { DatasetOptions } from "../hub/pull-dataset.js";
import { areFiles, isRowSource, pathsOf, type RowSource } from "../options/row-options.js";
import { foundRows } from "./found-rows.js";

/** How rows are read. */
interface PairReading extends DatasetOptions {
  columns?: VectorColumns;
  columnNames?: readonly string[];
}

/**
 * Anchors, each with its positive.
 *
 * @throws LibbertError ERR_OPTION for what are no rows; ERR_DATA, naming the row, for rows with negatives or scores; the signal's reason
 */
export async function readPairs(
  source: RowSource,
  { columns, columnNames, ...hub }: PairReading,
  signal?: AbortSignal,
): Promise<[string, string][]> {
  if (!isRowSource(source)) throw expected("files' paths or an iterable of rows", "pairs", source);
  if (areFiles(source)) for (const path of pathsOf(source)) requirePath(path, "a file", "pairs");
  const found = await foundRows(source, { option: "pairs", hub, call: { signal } });
  const pairs: [string, string][] = [];
  for await (const examples of readVectorExamples(found, { name: "pairs", columns, columnNames })) {
    signal?.throwIfAborted();
    for (const { texts, score, location } of examples) {
      if (score !== undefined) throw dataError(location, "a pair without a score", String(score));
      if (texts.length > 2) throw dataError(location, "a pair without negatives", `${texts.length - 2}`);
      pairs.push([texts[0]!, texts[1]!]);
    }
  }
  return pairs;
}
