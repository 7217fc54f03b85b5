import { warn } from "../warn.js";
import { quoted } from "./data-error.js";
import type { Row } from "./readers/row.js";
import type { RowReading } from "./readers/rows.js";

/** What pairs are called on the Hub, beside the names that are read without a word. */
const PAIRS = [
  { text: "premise", textPair: "hypothesis" },
  { text: "question1", textPair: "question2" },
  { text: "question", textPair: "sentence" },
];
const TEXTS = [
  "text",
  "textPair",
  "text_pair",
  "sentence",
  "sentence1",
  "sentence2",
  ...PAIRS.flatMap(Object.values),
];
const LABELS = ["label", "labels", "score"];
/** Columns that only count the rows, or name them, are no label: pandas writes its index without a name, or as `Unnamed: 0`. */
const COUNTING =
  /^(|unnamed: \d+|(.*[ _-])?(id|uid|uuid|guid|idx)|index|__index_level_\d+__|level_\d+|row|no\.?|nr\.?|number|#)$/i;

/** Where a guess is told. */
type Telling = Pick<RowReading, "notify">;

/** The columns of a pair of texts by other names than those that are read without a word. Such a guess is told. */
export function guessedPair(row: Row, telling: Telling): { text: string; textPair: string } | undefined {
  const pair = PAIRS.find((names) => Object.values(names).every((name) => Object.hasOwn(row.fields, name)));
  if (pair)
    tell(telling, `the columns ${quoted(Object.values(pair))} are read as the two texts`, "columns.text");
  return pair;
}

/**
 * The column of the text where none has its name: the one beside the label. Such a guess is told.
 *
 * @param label the label's column, where the options name it
 */
export function guessedText(
  row: Row,
  label: string | undefined,
  telling: Telling,
): { text: string } | undefined {
  const text = onlyOther(row, label === undefined ? LABELS : [label]);
  if (text === undefined || typeof row.fields[text] !== "string") return undefined;
  tell(telling, `the column ${quoted([text])} is read as the text`, "columns.text");
  return { text };
}

/** The column of the label where none has its name: the one that is no text. Such a guess is told. */
export function guessedLabel(
  row: Row,
  { text, textPair = text }: { text: string; textPair?: string },
  telling: Telling,
): string | undefined {
  const label = onlyOther(row, [text, textPair, ...TEXTS]);
  if (label === undefined || COUNTING.test(label)) return undefined;
  tell(telling, `the column ${quoted([label])} is read as the label`, "columns.label");
  return label;
}

/** The one column that is none of some. */
function onlyOther({ fields }: Row, names: readonly string[]): string | undefined {
  const others = Object.keys(fields).filter((name) => !names.includes(name));
  return others.length === 1 ? others[0] : undefined;
}

function tell({ notify }: Telling, what: string, option: string): void {
  const message = `${what}, as no column has a name that says so (${option} names one)`;
  (notify ?? warn)(message);
}
