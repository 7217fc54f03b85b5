import { warn } from "../warn.js";
import { quoted } from "./data-error.js";
import type { Row } from "./readers/row.js";
import type { RowReading } from "./readers/rows.js";

/** Parts of names of columns that say how right a text is. */
const COUNTING_NAMES = /neg|score|label|simil|relevan|rating|grade/i;

/** Tells of columns that are not read, as another one comes first, though their names are as good. */
export function tellPassedOver(
  { fields }: Row,
  { names, read, option }: { names: readonly string[]; read: readonly string[]; option: string },
  { notify = warn }: Pick<RowReading, "notify">,
): void {
  const others = names.filter((name) => !read.includes(name) && Object.hasOwn(fields, name));
  if (read.length === 0 || others.length === 0) return;
  const [verb, beside] = read.length === 1 ? ["is", "it"] : ["are", "them"];
  notify(
    `${quoted(read)} ${verb} read, and not ${quoted(others)} beside ${beside} (the option ${option} names the column that counts)`,
  );
}

/** Tells of columns that are not read, though by their names they say how right a text is. */
export function tellUnread(
  row: Row,
  read: readonly string[],
  { notify = warn }: Pick<RowReading, "notify">,
): void {
  const unread = Object.keys(row.fields).filter((name) => COUNTING_NAMES.test(name) && !read.includes(name));
  if (unread.length === 0) return;
  notify(
    `columns that are not read, though their names look as if they counted: ${quoted(unread)} (the option columns names those that do)`,
  );
}
