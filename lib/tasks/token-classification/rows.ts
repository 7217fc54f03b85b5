import { fromEach } from "../../data/readers/each-file.js";
import { readEach } from "../../data/readers/each-row.js";
import { extensionOf, unknownForm } from "../../data/readers/file-form.js";
import { readJsonLines } from "../../data/readers/json-lines.js";
import type { Row } from "../../data/readers/row.js";
import { type RowInput, type RowReading, readRowFile, readRows } from "../../data/readers/rows.js";
import {
  isJsonLine,
  openStandardInput,
  STANDARD_INPUT,
  STANDARD_INPUT_NAME,
} from "../../data/readers/standard-input.js";
import { areFiles } from "../../options/row-options.js";
import { type ConllSentence, readConll } from "./conll.js";
import {
  contentOf,
  documentOf,
  type ObjectReading,
  type SpannedText,
  type TaggedWords,
  tellingOfOthers,
} from "./object-rows.js";

/** A sentence, or text, with its entities. */
export type TaggingRow = (TaggedWords | SpannedText) & {
  /** Rows of one document follow each other and have the same value; null where the data do not say. */
  document: string | number | null;
  /** Where the row stands, for errors: `train.conll, line 12`. */
  location: string;
  /** Where one of its words stands: `train.conll, line 14`. */
  locationOf(word: number): string;
};

export interface TaggingRowOptions
  extends ObjectReading,
    Pick<RowReading, "name" | "limit" | "notify" | "onRow" | "onBrokenRow"> {}

const CONLL_EXTENSIONS = [".conll", ".bio", ".iob", ".txt"];
const OBJECT_EXTENSIONS = [".jsonl", ".parquet"];

/**
 * The rows of a data set for named entities, in arrays as they come: the sentences of CoNLL files, of which `columns`
 * has the numbers, or objects (in memory, or of .jsonl and .parquet files), as `contentOf` reads them; an object may name
 * its `document`.
 *
 * @throws LibbertError ERR_DATA, naming file and line: whatever `readConll` and `readRows` throw, another extension,
 *   no rows at all, a field that is missing or of the wrong kind, tags of another number than tokens, a span outside
 *   its text, spans that overlap
 */
export async function* readTaggingRows(
  source: RowInput,
  given: TaggingRowOptions = {},
): AsyncGenerator<TaggingRow[]> {
  const options = { ...given, onRow: tellingOfOthers(given) };
  if (areFiles(source))
    yield* fromEach(source, options.limit, (path, limit) => fromFile(path, { ...options, limit }));
  else for await (const rows of readRows(source, options)) yield fromObjects(rows, options);
}

async function* fromFile(path: string, options: TaggingRowOptions): AsyncGenerator<TaggingRow[]> {
  const extension = extensionOf(path);
  if (path === STANDARD_INPUT) {
    yield* fromStandardInput(options);
  } else if (CONLL_EXTENSIONS.includes(extension)) {
    yield* conllRows(path, options);
  } else if (OBJECT_EXTENSIONS.includes(extension)) {
    for await (const rows of readRowFile(path, options)) yield fromObjects(rows, options);
  } else {
    throw unknownForm(path, [...CONLL_EXTENSIONS, ...OBJECT_EXTENSIONS]);
  }
}

/** Lines of JSON are objects, others words. */
async function* fromStandardInput(options: TaggingRowOptions): AsyncGenerator<TaggingRow[]> {
  const { first, lines } = await openStandardInput();
  if (!isJsonLine(first)) {
    yield* conllRows(STANDARD_INPUT_NAME, options, lines);
    return;
  }
  for await (const rows of readJsonLines(STANDARD_INPUT_NAME, { ...options, lines }))
    yield fromObjects(rows, options);
}

async function* conllRows(
  path: string,
  { columns, limit, onRow }: TaggingRowOptions,
  lines?: AsyncIterable<string[]>,
): AsyncGenerator<TaggingRow[]> {
  for await (const sentences of readConll(path, { columns, limit, lines })) {
    const rows = sentences.map((sentence) => fromConll(sentence, path));
    for (const { words, tags, location } of rows) onRow?.({ fields: { tokens: words, tags }, location });
    yield rows;
  }
}

function fromConll(
  { words, tags, firstLine, document }: ConllSentence,
  path: string,
): TaggingRow & TaggedWords {
  const locationOf = (word: number) => `${path}, line ${firstLine + word}`;
  return { kind: "words", words, tags, document, location: locationOf(0), locationOf };
}

function fromObjects(rows: readonly Row[], options: TaggingRowOptions): TaggingRow[] {
  return readEach(rows, options, (row) => fromObject(row, options));
}

function fromObject(row: Row, options: TaggingRowOptions): TaggingRow {
  const { location } = row;
  return {
    ...contentOf(row, options),
    document: documentOf(row),
    location,
    locationOf: (word) => `${location}, word ${word + 1}`,
  };
}
