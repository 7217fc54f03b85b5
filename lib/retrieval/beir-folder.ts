import { existsSync } from "node:fs";
import { join } from "node:path";
import { dataError } from "../data/data-error.js";
import { missingColumn, textIn } from "../data/readers/columns.js";
import { fieldOf, type Row } from "../data/readers/row.js";
import { readRows } from "../data/readers/rows.js";
import { describe, expected } from "../errors.js";
import { requirePath } from "../files/require-path.js";
import type { RetrievalData } from "./options.js";

/**
 * A data set in the layout of BEIR (Thakur et al., 2021): `corpus.jsonl` with `_id`, `title` and `text`, `queries.jsonl` with `_id` and
 * `text`, and `qrels/<split>.tsv` with `query-id`, `corpus-id` and `score`; each may be packed with gzip. A document is its title and its
 * text with a space between them.
 *
 * ```ts
 * const { ndcgAt10 } = await model.evaluateRetrieval(await readBeir("scifact"));
 * ```
 *
 * @param split the judgements to take: queries without any there are left out
 * @throws LibbertError ERR_OPTION for a folder without these files; ERR_DATA, naming the line, for rows of another form
 */
export async function readBeir(folder: string, split = "test"): Promise<RetrievalData> {
  requirePath(folder, "a folder", "data");
  requirePath(split, "a split", "split");
  const corpus = await namedTexts(fileIn(folder, "corpus.jsonl"), ["title", "text"]);
  const queries = await namedTexts(fileIn(folder, "queries.jsonl"), ["text"]);
  const relevant = await judgements(fileIn(folder, join("qrels", `${split}.tsv`)), queries);
  const judged = Object.keys(relevant).map((query) => [query, queries[query]!]);
  return { corpus, queries: Object.fromEntries(judged), relevant };
}

function fileIn(folder: string, name: string): string {
  const found = [name, `${name}.gz`].map((file) => join(folder, file)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw expected(`a folder with ${name}`, "data", folder);
}

/** Texts by their names. @param fields which make up a text, the last one in every row */
async function namedTexts(file: string, fields: readonly string[]): Promise<Record<string, string>> {
  const texts = emptyRecord<string>();
  const last = fields.at(-1)!;
  for await (const rows of readRows(file)) {
    for (const row of rows) {
      const name = nameIn(row, "_id");
      if (name in texts) throw dataError(row.location, "another _id than of the rows before", describe(name));
      textIn(row, last);
      const parts = fields.filter((field) => fieldOf(row, field) !== undefined);
      texts[name] = parts
        .map((field) => textIn(row, field))
        .join(" ")
        .trim();
    }
  }
  return texts;
}

/** How relevant documents are to each query. A document that is not there counts as not found. */
async function judgements(
  file: string,
  queries: Readonly<Record<string, string>>,
): Promise<Record<string, Record<string, number>>> {
  const relevant = emptyRecord<Record<string, number>>();
  for await (const rows of readRows(file)) {
    for (const row of rows) {
      const query = nameIn(row, "query-id");
      if (!(query in queries)) throw dataError(row.location, "the _id of a query", describe(query));
      const score = Number(textIn(row, "score").trim() || Number.NaN);
      if (!Number.isFinite(score))
        throw dataError(row.location, 'a finite number in column "score"', describe(fieldOf(row, "score")));
      relevant[query] ??= emptyRecord<number>();
      relevant[query][nameIn(row, "corpus-id")] = score;
    }
  }
  return relevant;
}

function nameIn(row: Row, column: string): string {
  const name = fieldOf(row, column);
  if (name === undefined) throw missingColumn(row, [column]);
  if (typeof name === "string" || typeof name === "number") return String(name);
  throw dataError(row.location, `a name in column ${JSON.stringify(column)}`, describe(name));
}

/** For names of others' choice: none of them is there already, as `constructor` is in `{}`. */
function emptyRecord<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}
