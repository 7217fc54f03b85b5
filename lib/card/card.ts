import type { Base } from "./base.js";

/** How models of one kind are used. */
export interface CardUse {
  /** What the Hub calls the task. */
  pipelineTag: string;
  /** What the model does, behind its name: "gives each text one of its labels". */
  does: string;
  /** Statements of TypeScript, which may use `loadModel`. @param name of the model, as a literal */
  libbert(name: string): string;
  /** A program in Python with transformers. @param name of the model, as a literal */
  transformers(name: string): string;
}

/** What only the user knows. */
export interface CardTerms {
  /** Codes of ISO 639, such as `en`. */
  languages?: readonly string[] | undefined;
  /** As the Hub calls it, such as `apache-2.0`. */
  license?: string | undefined;
  /** Of the rows or the texts, on the Hub. */
  datasetName?: string | undefined;
}

/** What a model was trained on, or evaluated on. */
export interface CardData {
  /** Of a file, without its folder; null where a program gave the rows. */
  name: string | null;
  /** `8,000 rows` */
  size: string;
}

/** A training, as a card tells it. */
export interface CardTraining {
  how: "fine-tuned" | "pre-trained";
  train: readonly CardData[];
  /** What the figures are of. */
  validation: CardData | null;
  /** By their names in libbert; empty where nothing was evaluated. */
  figures: Readonly<Record<string, number>>;
  options: Readonly<Record<string, unknown>>;
  /** Further sentences: what whoever reads the figures has to know. */
  remarks: readonly string[];
  terms: CardTerms;
}

/** All that a card says. */
export interface ModelCard {
  use: CardUse;
  /** The class of transformers. */
  architecture: string;
  /** Whether sentence-transformers loads it, and gives vectors of texts. */
  isSentenceModel: boolean;
  /** What it was made from; null for a new model. */
  base: Base | null;
  /** Null where the model was saved as it was loaded. */
  training: CardTraining | null;
  /** What is told beside those of the training, which they take the place of. */
  terms?: CardTerms | undefined;
}

/** The same with all that is not told but known. */
export interface CompleteCard extends ModelCard {
  /** Of the model: the folder's. */
  name: string;
  terms: CardTerms;
  /** libbert's. */
  version: string;
}
