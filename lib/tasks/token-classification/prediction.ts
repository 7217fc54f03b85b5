import type { ClassScores } from "../../metrics/classification.js";
import type { Evaluation } from "../evaluation.js";
import type { Mistake } from "../texts/mistakes.js";

/** An entity found in a text, or a word with its tag where tags mark no entities. */
export interface EntityPrediction {
  /** Its type, such as `person`, or the tag. */
  label: string;
  /** Where it stands in the text, in UTF-16 units as `slice` takes them; words given apart have spaces between. */
  start: number;
  /** Behind its last UTF-16 unit. */
  end: number;
  /** The part of the text from `start` to `end`. */
  text: string;
  /** Mean probability of its words' tags. */
  score: number;
  /** Of an input of words: its first word, and the one after its last. */
  words?: [start: number, end: number];
}

/** Figures of the entities that tags mark, on labelled rows. */
export interface EntityFigures {
  /** Over all entities, as seqeval's default mode, which is conlleval's. */
  f1: number;
  /** The share of the entities found that are right, from 0 to 1, in the default mode. */
  precision: number;
  /** The share of the right entities that were found, from 0 to 1, in the default mode. */
  recall: number;
  /** As seqeval's strict mode: only entities whose tags follow the scheme. */
  strictF1: number;
  /** `precision` in the strict mode. */
  strictPrecision: number;
  /** `recall` in the strict mode. */
  strictRecall: number;
  /** How many there should be. */
  entities: number;
}

/** Metrics of tags on labelled rows: with those of entities, unless the model's tags mark none. */
export interface TokenClassificationEvaluation extends Evaluation, Partial<EntityFigures> {
  /** Of tags that mark no entities: unweighted mean of their F1. */
  macroF1?: number;
  /** Share of words with the right tag. */
  accuracy: number;
  /** Mean cross entropy of the words that have a token. */
  loss: number;
  /** Words of the rows. */
  words: number;
  /** Words without a token, such as control characters; they get `O`. */
  emptyWords: number;
  /** The figures of each type, and the worst mistakes. */
  report: EntityReport;
}

/** What a model finds well and what it does not. */
export interface EntityReport {
  /** Scores of each type, in the default mode, or of each tag; those that are there or predicted. */
  types: ({
    /** The type, such as `person`, or the tag. */
    label: string;
  } & ClassScores)[];
  /** The rows with wrong entities whose words' cross entropies have the highest sum. */
  worstMistakes: Mistake<EntityMention[]>[];
}

/** An entity by its type and text. */
export type EntityMention = Pick<EntityPrediction, "label" | "text">;
