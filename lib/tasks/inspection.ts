import type { RowObserver } from "../data/readers/each-row.js";
import type { RowInput } from "../data/readers/rows.js";
import type { TextInput } from "../tokenizer/text-input.js";

/** What is odd in a row that can be read. */
export interface RowFault {
  /** For programs: `moved-answer`. */
  kind: string;
  /** All rows of the kind in words: `answers that do not stand where answer_start says`. */
  what: string;
  /** What it is in this row. */
  detail: string;
}

/** A row of any task, as far as it can be looked at without a model. */
export interface InspectedRow {
  /** Where it stands: `train.tsv, line 12`. */
  location: string;
  /** What a model reads of it, each a text, or two that it reads together. */
  inputs: readonly TextInput[];
  /** What is right for them, as one text: the same inputs should have the same. Default: the task has none */
  target?: string;
  /** What is counted of it: its label, its labels, the types of its entities. Default: nothing */
  labels?: readonly string[];
  /** Numbers that it has: a score, the relevance of each document. Default: none */
  scores?: readonly number[];
  faults?: readonly RowFault[];
  /** The tag of each of its words; only where it has them. */
  tagged?: { words: readonly string[]; tags: readonly string[] };
}

/** How rows are read to be looked at; the options are those that the task has. */
export interface InspectionReading extends RowObserver {
  /** What errors call rows in memory. */
  name: string;
  columns?: Readonly<Record<string, string | undefined>>;
  columnNames?: readonly string[];
  labels?: readonly string[];
  scheme?: string;
  /** The other rows of the inspection, for which columns may be named. Default: none */
  others?: readonly RowInput[];
  limit?: number;
  /** Is told what was guessed of the rows. */
  notify?: (message: string) => void;
}

/** A task whose predictions have the probability of each label. */
interface LabelledTexts {
  /** Whether a row has one label, or any number of them. */
  kind: "label" | "label-set";
  /** A row as `fineTune()` reads it. */
  trainingRow(row: InspectedRow): Record<string, unknown>;
  /** The probability of each label. */
  probabilities(prediction: unknown, labels: readonly string[]): number[];
}

/** A task whose models tell what they say of each word of tagged rows. */
interface TaggedSentences {
  kind: "tag";
  /** How `fineTune()` is to read the rows of all folds alike. */
  options(rows: readonly InspectedRow[]): { labels: readonly string[]; scheme: string };
}

/** How the labels of a task's rows are judged. */
export type LabelledTask = LabelledTexts | TaggedSentences;

/** What a task's rows are to those who look at data before they train on them. */
export interface TaskInspection {
  /** What becomes of a text that is longer than the model reads. */
  readonly longTexts: "cut" | "windows";
  /** Those of the task's options that say how rows are read. */
  readonly options: readonly string[];
  /** What is counted of its rows, in the plural: `labels`, `entities`. */
  readonly counted: string;
  /** How labels are judged. Default: the task's rows have none */
  readonly labelled?: LabelledTask;
  /** The rows of a source, in arrays as they come. @throws LibbertError ERR_DATA for what concerns more than one row */
  rows(source: RowInput, reading: InspectionReading): AsyncIterable<InspectedRow[]>;
}
