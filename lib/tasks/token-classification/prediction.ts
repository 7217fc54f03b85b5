import type { EntityScores } from "../../metrics/entities.js";
import type { Evaluation } from "../fine-tuning/progress.js";

/** An entity found in a text. */
export interface EntityPrediction {
  /** Its type, such as `person`. */
  label: string;
  /** Where it stands in the text, in UTF-16 units as `slice` takes them; words given apart have spaces between. */
  start: number;
  end: number;
  text: string;
  /** Mean probability of its words' tags. */
  score: number;
  /** Of an input of words: its first word, and the one after its last. */
  words?: [start: number, end: number];
}

/** Metrics of named entities on labelled rows. */
export interface TokenClassificationEvaluation extends Evaluation {
  /** Over all entities, as seqeval's default mode, which is conlleval's. */
  f1: number;
  precision: number;
  recall: number;
  /** As seqeval's strict mode: only entities whose tags follow the scheme. */
  strictF1: number;
  strictPrecision: number;
  strictRecall: number;
  /** Share of words with the right tag. */
  accuracy: number;
  /** Mean cross entropy of the words that have a token. */
  loss: number;
  entities: number;
  words: number;
  /** Words without a token, such as control characters; they get `O`. */
  emptyWords: number;
  report: TokenClassificationReport;
}

/** What lies behind the figures. */
export interface TokenClassificationReport {
  /** By type, in the default mode; types that are there or predicted. */
  types: Record<string, EntityScores>;
  /** The rows with wrong entities whose loss is highest, at most ten. */
  worstMistakes: EntityMistake[];
}

/** A row whose predicted entities are not those it should have. */
export interface EntityMistake {
  /** Such as `dev.conll, line 12`. */
  place: string;
  text: string;
  /** Sum of its words' cross entropies. */
  loss: number;
  expected: Pick<EntityPrediction, "label" | "text">[];
  predicted: Pick<EntityPrediction, "label" | "text">[];
}
