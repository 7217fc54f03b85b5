import { readRows } from "../lib/data/readers/rows.js";

export interface LabelledText {
  text: string;
  label: string;
}

/** The first rows of a table with columns sentence and label, such as SST-2's. */
export async function readSentences(path: string, count: number): Promise<LabelledText[]> {
  const rows: LabelledText[] = [];
  for await (const some of readRows(path, { limit: count })) {
    rows.push(...some.map(({ fields }) => ({ text: String(fields.sentence), label: String(fields.label) })));
  }
  if (rows.length < count) throw new Error(`Expected ${count} rows in ${path} but received ${rows.length}`);
  return rows;
}

/** Texts of so many words each, from a JSON Lines file with `text`: every one has that many tokens or more. */
export async function readLongTexts(path: string, count: number, words: number): Promise<LabelledText[]> {
  const texts: LabelledText[] = [];
  let pending: string[] = [];
  for await (const some of readRows(path)) {
    for (const { fields } of some) {
      pending.push(...String(fields.text).trim().split(/\s+/));
      for (; pending.length >= words; pending = pending.slice(words)) {
        texts.push({ text: pending.slice(0, words).join(" "), label: String(texts.length % 2) });
        if (texts.length === count) return texts;
      }
    }
  }
  throw new Error(`Expected ${count} texts of ${words} words in ${path} but received ${texts.length}`);
}
