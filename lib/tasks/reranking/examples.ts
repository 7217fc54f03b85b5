import type { RowInput } from "../../data/readers/rows.js";
import { preparedTexts } from "../../features/sentence-texts.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import type { TextTokenizer } from "../../tokenizer/text-tokenizer.js";
import type { Examples, ReadOptions } from "../head.js";
import type { RankingColumns } from "./columns.js";
import { type RankingExample, readRankingExamples } from "./rows.js";

/** What rows are: lists of documents, pairs with the labels 0 and 1, or pairs with any numbers. */
export type RowKind = "lists" | "labels" | "scores";

/** Rows of a query with its documents, D of them in all; an item is a row. */
export interface RankingExamples extends Examples {
  kind: RowKind;
  /** Of every query with each of its documents, those of a row one after the other. */
  encodings: Encoding[]; // [D]
  /** How relevant each is. */
  labels: Float64Array; // [D]
  /** Where the documents of each row start, and at the end D. */
  bounds: Int32Array; // [rows + 1]
  /** The most documents of a row. */
  longest: number;
  /** Where each row stands, for errors. */
  locations: string[];
  /** The texts of each document and its query; only where they are wanted. */
  pairs?: readonly (readonly [query: string, document: string])[]; // [D]
  /** Pairs that lost tokens. */
  truncatedTexts: number;
}

/** How pairs of texts become tokens. */
export interface PairReader {
  tokenizer: TextTokenizer;
  maxSeqLength: number;
  texts: PairsPrepared;
}

/** What pairs get before the tokenizer sees them. */
export interface PairsPrepared {
  lowercase: boolean;
  /** What stands before each query. */
  prompt: string;
}

/** Queries with documents as the model reads them. */
export function encodedPairs(
  pairs: readonly (readonly [query: string, document: string])[],
  { tokenizer, maxSeqLength, texts }: PairReader,
): Promise<Encoding[]> {
  return tokenizer.encodeBatch(preparedTexts(pairs, tokenizer, texts), { maxLength: maxSeqLength });
}

interface RankingReading extends ReadOptions {
  /** Whether rows may have no label: all of them are 0 then. Default: false */
  mayLackLabels?: boolean;
  /** Whether the texts are kept. Default: false */
  keepPairs?: boolean;
}

/**
 * Labelled rows as the model reads them.
 *
 * @throws ERR_DATA, naming the location; the signal's reason
 */
export async function readEncodedRankings(
  source: RowInput,
  reader: PairReader,
  {
    name,
    columns,
    columnNames,
    others,
    limit,
    signal,
    notify,
    mayLackLabels,
    keepPairs = false,
  }: RankingReading,
): Promise<RankingExamples> {
  const encodings: Encoding[] = [];
  const labels: number[] = [];
  const bounds = [0];
  const locations: string[] = [];
  const kept: [string, string][] = [];
  let areLists = false;
  const named = { columns: columns as RankingColumns | undefined, columnNames };
  const reading = { ...named, name, others, limit, notify, mayLackLabels };
  for await (const examples of readRankingExamples(source, reading)) {
    signal?.throwIfAborted();
    areLists = examples[0]!.isList;
    const pairs = examples.flatMap(pairsOf);
    if (keepPairs) for (const pair of pairs) kept.push(pair);
    for (const encoding of await encodedPairs(pairs, reader)) encodings.push(encoding);
    for (const example of examples) {
      for (const label of example.labels) labels.push(label);
      bounds.push(labels.length);
      locations.push(example.location);
    }
  }
  const areBinary = labels.every((label) => label === 0 || label === 1);
  const kind = areLists ? "lists" : areBinary ? "labels" : "scores";
  const read = { kind, encodings, labels, bounds, locations, ...(keepPairs && { pairs: kept }) } as const;
  return withLengths(read, reader.maxSeqLength);
}

function pairsOf({ query, documents }: RankingExample): [string, string][] {
  return documents.map((document) => [query, document]);
}

function withLengths(
  read: Pick<RankingExamples, "kind" | "encodings" | "locations" | "pairs"> & {
    labels: number[];
    bounds: number[];
  },
  maxSeqLength: number,
): RankingExamples {
  const { encodings, locations } = read;
  const labels = Float64Array.from(read.labels);
  const bounds = Int32Array.from(read.bounds);
  const lengthOf = (row: number) =>
    encodings.slice(bounds[row], bounds[row + 1]).reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  const truncatedTexts = encodings.filter(({ truncated }) => truncated).length;
  const tokens = () => encodings.map(({ inputIds }) => inputIds);
  return {
    ...{ ...read, labels, bounds, truncatedTexts, rows: locations.length },
    longest: locations.reduce((most, _, row) => Math.max(most, bounds[row + 1]! - bounds[row]!), 0),
    lengths: Int32Array.from(locations, (_, row) => lengthOf(row)),
    tokens,
    *content() {
      yield* tokens();
      yield bounds;
      yield labels;
    },
    notices: truncatedTexts > 0 ? [`texts cut to ${maxSeqLength} tokens: ${truncatedTexts}`] : [],
  };
}
