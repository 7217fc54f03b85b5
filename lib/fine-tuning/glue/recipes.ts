/** A task of GLUE (Wang et al., 2018): its files, labels and metrics. */
export interface GlueRecipe {
  task: "classification" | "regression";
  /** Names in class order, as the files write them; the order is that of transformers' example. */
  labels: readonly string[];
  /** Columns of GLUE's own files. A file without one of them has the default name in its place. */
  columns: { text: string; textPair?: string; label: string };
  /** Names of the columns of a file without a header. */
  columnNames?: readonly string[];
  /** The rows with too few columns in the published files are passed over, as everybody does. */
  hasBrokenRows?: boolean;
  /** What GLUE scores, the first by itself where one number is wanted. */
  metrics: readonly ("accuracy" | "f1" | "matthewsCorrelation" | "pearson" | "spearman")[];
  /** Development sets; training is validated on the first. */
  validation: readonly GlueFile[];
  /** Test sets, without labels, and the file that GLUE expects the predictions in. */
  test: readonly (GlueFile & { submission: string })[];
}

interface GlueFile {
  /** What the figures are called where there are several: `mismatched`. */
  name?: string;
  file: string;
}

const SENTENCE = { text: "sentence", label: "label" };
const SENTENCES = { text: "sentence1", textPair: "sentence2", label: "label" };
const BINARY = ["0", "1"];
const ENTAILMENT = ["entailment", "not_entailment"];

/** Development and test set of a task that has one of each. */
function oneOfEach(submission: string): Pick<GlueRecipe, "validation" | "test"> {
  return { validation: [{ file: "dev.tsv" }], test: [{ file: "test.tsv", submission }] };
}

/** GLUE's nine tasks. */
export const glueRecipes = {
  cola: {
    task: "classification",
    labels: BINARY,
    columns: SENTENCE,
    columnNames: ["source", "label", "mark", "sentence"],
    metrics: ["matthewsCorrelation"],
    ...oneOfEach("CoLA.tsv"),
  },
  sst2: {
    task: "classification",
    labels: BINARY,
    columns: SENTENCE,
    metrics: ["accuracy"],
    ...oneOfEach("SST-2.tsv"),
  },
  mrpc: {
    task: "classification",
    labels: BINARY,
    columns: { text: "#1 String", textPair: "#2 String", label: "Quality" },
    metrics: ["f1", "accuracy"],
    ...oneOfEach("MRPC.tsv"),
  },
  stsb: {
    task: "regression",
    labels: [],
    columns: { ...SENTENCES, label: "score" },
    metrics: ["pearson", "spearman"],
    ...oneOfEach("STS-B.tsv"),
  },
  qqp: {
    task: "classification",
    labels: BINARY,
    columns: { text: "question1", textPair: "question2", label: "is_duplicate" },
    hasBrokenRows: true,
    metrics: ["f1", "accuracy"],
    ...oneOfEach("QQP.tsv"),
  },
  mnli: {
    task: "classification",
    labels: ["entailment", "neutral", "contradiction"],
    columns: { ...SENTENCES, label: "gold_label" },
    metrics: ["accuracy"],
    validation: [
      { name: "matched", file: "dev_matched.tsv" },
      { name: "mismatched", file: "dev_mismatched.tsv" },
    ],
    test: [
      { name: "matched", file: "test_matched.tsv", submission: "MNLI-m.tsv" },
      { name: "mismatched", file: "test_mismatched.tsv", submission: "MNLI-mm.tsv" },
    ],
  },
  qnli: {
    task: "classification",
    labels: ENTAILMENT,
    columns: { text: "question", textPair: "sentence", label: "label" },
    metrics: ["accuracy"],
    ...oneOfEach("QNLI.tsv"),
  },
  rte: {
    task: "classification",
    labels: ENTAILMENT,
    columns: SENTENCES,
    metrics: ["accuracy"],
    ...oneOfEach("RTE.tsv"),
  },
  wnli: {
    task: "classification",
    labels: BINARY,
    columns: SENTENCES,
    metrics: ["accuracy"],
    ...oneOfEach("WNLI.tsv"),
  },
} as const satisfies Record<string, GlueRecipe>;

/**
 * Training settings of the paper's section 4.1. Of its learning rates (5e-5, 4e-5, 3e-5, 2e-5), from which it takes the
 * best on the development set, this is the one that its code's examples have.
 */
export const gluePaperSettings = { batchSize: 32, epochs: 3, learningRate: 2e-5, maxSeqLength: 128 } as const;

/** Scores of STS-B go from 0 to 5. */
export const STSB_RANGE = { lowest: 0, highest: 5 } as const;
