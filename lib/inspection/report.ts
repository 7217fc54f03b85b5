import type { DownloadEvent } from "../hub/options.js";
import type { NoticeEvent } from "../options/notice-event.js";
import type { TaskName } from "../tasks/find-spec.js";

/** What a value is; a text that spells a number is one. */
export type ValueKind = "text" | "integer" | "number" | "boolean" | "list" | "object";

/** What one column, or field of the rows, holds. */
export interface ColumnSummary {
  /** The column's heading, or the field's name. */
  name: string;
  /** How many values there are of each kind, the most frequent first. */
  kinds: Partial<Record<ValueKind, number>>;
  /** Rows without a value, or with an empty one. */
  empty: number;
  /** Different values; null where there are more than 10,000. */
  distinct: number | null;
  /** The first different values, long ones in part. */
  examples: string[];
}

/** How often labels come. */
export interface LabelCounts {
  /** What is counted: `labels`, `entities`, `right choices`. */
  what: string;
  /** All of them together. */
  total: number;
  /** Different ones. */
  distinct: number;
  /** The most frequent first, at most 200. */
  counts: {
    /** As the rows have it. */
    label: string;
    /** How often it comes. */
    count: number;
    /** `count` as a share of `total`, from 0 to 1. */
    share: number;
  }[];
}

/** How numbers are spread. */
export interface NumberSummary {
  /** How many numbers there are. */
  count: number;
  /** Their arithmetic mean. */
  mean: number;
  /** Standard deviation. */
  deviation: number;
  /** The smallest. */
  least: number;
  /** The largest. */
  most: number;
}

/** How long the texts of rows are: of each row the longest input, a pair together. */
export interface LengthSummary {
  /** What is counted. */
  unit: "characters" | "tokens";
  /** The mean over the rows. */
  mean: number;
  /** What half of the rows do not exceed. */
  median: number;
  /** What 90 % of the rows do not exceed. */
  p90: number;
  /** What 95 % of the rows do not exceed. */
  p95: number;
  /** What 99 % of the rows do not exceed. */
  p99: number;
  /** The longest. */
  most: number;
}

/** What tokens there are, for a model. */
export interface TokenSummary extends LengthSummary {
  unit: "tokens";
  /** The length at which texts would be cut, or get several windows. */
  maxSeqLength: number;
  /** Rows that are longer. */
  over: number;
  /** What becomes of them. */
  longTexts: "cut" | "windows";
}

/** What some rows hold. */
export interface RowsSummary {
  /** Rows that a model could train on. */
  rows: number;
  /** In the order in which they came. */
  columns: ColumnSummary[];
  /** Null where the task's rows have none. */
  labels: LabelCounts | null;
  /** Of the scores, or the relevance of documents; null where the task's rows have none. */
  scores: NumberSummary | null;
  /** How long the texts are, in UTF-16 units. */
  characters: LengthSummary;
  /** Null without a model. */
  tokens: TokenSummary | null;
}

/** A row that shows a finding. */
export interface FindingExample {
  /** Where it stands: `train.tsv, line 12`. */
  location: string;
  /** The beginning of its texts; empty where they could not be read. */
  text: string;
  /** What it is in this row. */
  detail: string;
  /** The row that it is compared with. */
  other?: {
    /** Where it stands. */
    location: string;
    /** The beginning of its texts. */
    text: string;
  };
}

/** Something that should be looked at before a model trains on the rows. */
export interface Finding {
  /** For programs: `leakage`, `mojibake`. */
  kind: string;
  /** Which rows it is in. */
  in: "data" | "against";
  /** In words. */
  what: string;
  /** How many rows have it, and their share of all. */
  count: number;
  /** `count` as a share of all rows, from 0 to 1. */
  share: number;
  /** The first or the worst of them. */
  examples: FindingExample[];
}

/** A row that looks wrong. */
export interface SuspectedRow {
  /** Where the row stands: `train.tsv, line 12`. */
  location: string;
  /** The beginning of the row's texts. */
  text: string;
  /** How probable what the row has is to a model that was trained on other rows, from 0 to 1. */
  probability: number;
  /** How probable what that model is confident of is to it, from 0 to 1. */
  suggestedProbability: number;
  /** How good the row looks: from 0, surely wrong, to 1. */
  margin: number;
}

/** A label that looks wrong. The margin is how much more probable it is than any other. */
export interface SuspectedLabel extends SuspectedRow {
  /** As the row has it. */
  label: string;
  /** What the model is confident of. */
  suggested: string;
}

/**
 * Labels of a row of which some look wrong, or are missing. The probabilities are of the worst of them; the margin is a mean over all, in
 * which the worst counts most.
 */
export interface SuspectedLabelSet extends SuspectedRow {
  /** As the row has them. */
  labels: string[];
  /** The same with what the model is confident of instead. */
  suggested: string[];
}

/** The tag of a sentence that looks worst. The margin is that of its worst word: how much more probable its tag is than any other. */
export interface SuspectedTag extends SuspectedLabel {
  /** Whose tag it is. */
  word: string;
  /** Which of the sentence's words that is, from 0. */
  wordIndex: number;
  /** Words of the sentence whose tags look wrong. */
  suspectedWords: number;
}

/** What it says of labels of whatever kind. */
export interface JudgedLabels {
  /** Models that were trained, each on the rows of all folds but one. */
  folds: number;
  /** In the order of what follows. */
  labels: string[];
}

/** What it says of one class of each row, or of each word. */
export interface JudgedClasses extends JudgedLabels {
  /** The mean probability of each label among those that have it: from there on one is confidently of it. */
  thresholds: number[];
  /** How many with each label (a row of the table) are confidently of each. */
  confidentJoint: number[][];
}

/**
 * What confident learning (Northcutt et al., 2021) says of the labels of `data`, by what rows have: one label, any number of them, or a
 * tag for each word.
 */
export type LabelErrors =
  | (JudgedClasses & {
      /** Of rows with one label each. */
      of: "labels";
      /** Rows that are confidently of another label than theirs, that with the least margin first. */
      suspects: SuspectedLabel[];
    })
  | (JudgedLabels & {
      /** Of rows with any number of labels. */
      of: "label-sets";
      /** The mean probability of not having each label among the rows without it, and of having it among those with it. */
      thresholds: [without: number, having: number][];
      /** Of each label, how many rows without it and with it are confidently without it, and with it. */
      confidentJoints: number[][][];
      /** Rows that confidently have a label that they should not, or lack one, that with the least margin first. */
      suspects: SuspectedLabelSet[];
    })
  | (JudgedClasses & {
      /** Of the words of sentences. */
      of: "tags";
      /** Sentences with a word that is confidently of another tag than its own, that with the least margin first. */
      suspects: SuspectedTag[];
    });

/** What `inspectData()` finds. It is plain data: `JSON.stringify()` keeps all of it. */
export interface Inspection {
  /** The task that the rows were read for. */
  task: TaskName;
  /** The rows that were inspected. */
  data: RowsSummary;
  /** Null where no other rows were given. */
  against: RowsSummary | null;
  /** Null unless `findLabelErrors` asked for it. */
  labelErrors: LabelErrors | null;
  /** The worst first. */
  findings: Finding[];
}

/** What an inspection tells on its way. */
export type InspectionEvent =
  | {
      /** Rows of one side are being read: told every 10,000, and at their end. */
      type: "inspected";
      /** Which rows they are. */
      of: Finding["in"];
      /** How many of them have been read. */
      rows: number;
    }
  | {
      /** A model is about to be trained, to judge the labels of one fold. */
      type: "fold";
      /** Which fold it is, from 1. */
      fold: number;
      /** How many there are. */
      folds: number;
    }
  /** Something was guessed of the rows, such as which column has the texts. */
  | NoticeEvent
  | DownloadEvent;
