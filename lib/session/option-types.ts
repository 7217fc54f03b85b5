// Generated from the options' schemas by `npm run generate`. Do not edit.
import type { ConvertEvent } from "../checkpoint/convert-model.js";
import type { FineTuneEvent } from "../fine-tuning/events.js";
import type { DownloadEvent } from "../hub/options.js";
import type { UploadEvent } from "../hub/push/push.js";
import type { InspectionEvent } from "../inspection/report.js";
import type { Logger } from "../options/logger.js";
import type { RowSource } from "../options/row-options.js";
import type { PretrainEvent } from "../pre-training/events.js";
import type { Ranker } from "../ranking/ranker.js";
import type { AblationEvent, SearchEvent } from "../search/events.js";
import type { RangeEvent } from "../search/find-learning-rate-options.js";
import type { TaskName } from "../tasks/find-spec.js";

/** Options of `fineTune()` that every task has. */
export interface FineTuneCommonOptions {
  /** Folder of the model, or its name on the Hugging Face Hub: what to train further. */
  model: string;
  /**
   * Training rows, in files, patterns of files, or memory: text and label (or labels, or score) columns;
   * tagged words, or texts with entities; choices; questions with contexts and answers.
   */
  train: RowSource;
  /** Rows to evaluate on after each epoch. */
  validation?: RowSource;
  /**
   * Of the model's layers, how many are kept, or which, from 0: N are the last of each of N equal parts.
   * Unit: layers. Default: all.
   */
  layers?: number | readonly number[];
  /** Where to save the model and training_report.json; without it nothing is saved. */
  outputDir?: string;
  /** Allow an output directory that holds files already. Default: `false`. */
  overwrite?: boolean;
  /**
   * Go on from the newest intact snapshot of the run in `outputDir`, with its settings for all that is not
   * given. Default: `false`.
   */
  resume?: boolean;
  /**
   * With `resume`: go on with another learning rate, warm-up, schedule or number of epochs, such as after a
   * divergence. Default: `false`.
   */
  changeSchedule?: boolean;
  /** How often to save all that the run needs to go on. Unit: updates. Default: by the clock alone. */
  snapshotEvery?: number;
  /**
   * How often to save all that the run needs to go on, by the clock; 0: the clock does not count. Unit:
   * minutes. Default: `10`.
   */
  snapshotMinutes?: number;
  /** How many snapshots to keep. Default: `2`. */
  keepSnapshots?: number;
  /** Use the first N training rows. Unit: rows. Default: all. */
  limit?: number;
  /**
   * How long it may take, as time such as `20m` or `1h30m`, `5000 rows` or `300 updates`: chooses
   * `batchSize`, `epochs` and `evaluateEvery`. Default: as long as the other options make it.
   */
  budget?: string;
  /** Passes over the training rows; of the part of one, that share of its updates. Default: `3`. */
  epochs?: number;
  /** Rows per update of each process. Unit: rows. Default: `32`. */
  batchSize?: number;
  /**
   * Rows at a time: gradients are added up, so the result is the same; `auto`: as many as fit the free
   * memory. Unit: rows. Default: the whole batch.
   */
  microBatchSize?: number | "auto";
  /**
   * Compute each layer again in backward: the same result, far less memory, up to a third more time. Default:
   * `false`.
   */
  gradientCheckpointing?: boolean;
  /** Highest learning rate. Default: `5e-5`. */
  learningRate?: number;
  /** How the learning rate changes after the warm-up. Default: `"linear"`. */
  schedule?: "linear" | "constant" | "cosine";
  /** Share of the updates over which the rate rises. Default: `0.1`. */
  warmupRatio?: number;
  /**
   * `adamw` as PyTorch; `bert-adam` as the paper's code, without bias correction, so it learns nothing at
   * rates that `adamw` can still take; `lamb` for very large batches. Default: `"adamw"`.
   */
  optimizer?: "adamw" | "bert-adam" | "lamb";
  /** Learning rate of each layer as a share of that of the layer above. Default: `1`. */
  layerDecay?: number;
  /** Leave the embeddings and the first N layers as they are. Unit: layers. Default: train all. */
  freezeLayers?: number;
  /** `frozen` trains only what is above the layers. Default: `"fine-tuned"`. */
  encoder?: "fine-tuned" | "frozen";
  /** Decay of all weights but biases and LayerNorm. Default: `0.01`. */
  weightDecay?: number;
  /** Clip gradients to this norm. Default: `1`. */
  maxGradNorm?: number;
  /**
   * Tokens per text, special tokens included: longer texts are cut, but those of token-classification and
   * masked-words and the contexts of questions have several windows. Unit: tokens. Default: 128, for
   * reranking 256, for question-answering 384; less where the model reads less.
   */
  maxSeqLength?: number;
  /** Put texts of similar length into one batch. Default: `false`. */
  groupByLength?: boolean;
  /** Evaluate every N updates, too. Unit: updates. Default: after each epoch alone. */
  evaluateEvery?: number;
  /**
   * Figure of the evaluation by which the best weights are chosen, such as accuracy. Default: the task's
   * first.
   */
  metric?: string;
  /**
   * End with the weights of the best evaluation instead of the last. Default: true with patience or seeds,
   * else false.
   */
  loadBest?: boolean;
  /** Stop after so many evaluations without a better one. Unit: evaluations. Default: train all epochs. */
  patience?: number;
  /** Source of every random choice. Default: `1`. */
  seed?: number;
  /**
   * Train once with each, report mean and deviation, and keep the best model by the validation rows. Default:
   * the one seed.
   */
  seeds?: readonly number[];
  /**
   * Folder for what TensorBoard shows of the run: losses, rates, speed, memory, evaluations and options; a
   * run that goes on adds to it, and each seed or trial has a folder in it. Default: nothing is written.
   */
  tensorboardDir?: string;
  /** How often TensorBoard is given histograms of the weights. Unit: updates. Default: no histograms. */
  histogramEvery?: number;
  /** Branch, tag or commit of a model that is given by its name on the Hub. Default: `main`. */
  revision?: string;
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /**
   * Where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has. Default:
   * `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
   */
  cacheDir?: string;
  /** Fetch nothing: take what is in the cache. Default: `HF_HUB_OFFLINE`. */
  localFilesOnly?: boolean;
  /** Languages of the texts, for the card of the saved model. Default: the card has none. */
  languages?: readonly string[];
  /**
   * License of the saved model, for its card, as the Hub calls it: apache-2.0. Default: that of the model's
   * own card, if it says.
   */
  license?: string;
  /** Name of the data on the Hub, for the card of the saved model. Default: the card names the files. */
  datasetName?: string;
  /** Where to compute: "auto", "cpu", "cuda" or "cuda:N". Default: `"auto"`. */
  device?: string;
  /** What to compute with; `auto` takes bfloat16 where the hardware has units for it. Default: `"auto"`. */
  dtype?: "auto" | "float32" | "bfloat16";
  /**
   * Threads that compute on the CPU. Default: `LIBBERT_THREADS` or `OMP_NUM_THREADS`, else the processors
   * that the process may use.
   */
  threads?: number;
  /** Make runs on a GPU repeat bit for bit, which is slower; runs on the CPU always do. Default: `false`. */
  deterministic?: boolean;
  /**
   * Several processes: divide the optimizer's memory and work among them (ZeRO, stage 1). Default: `false`.
   */
  shardOptimizer?: boolean;
  /**
   * Several processes: what gradients are summed in on their way; bfloat16 halves the traffic. Default:
   * `"float32"`.
   */
  reduceDtype?: "float32" | "bfloat16";
  /**
   * Several processes: how long to wait for one that does not come or does not answer. Unit: seconds.
   * Default: `300`.
   */
  rankTimeout?: number;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: FineTuneEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `fineTune()` for classification. */
export interface ClassificationOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "classification";
  /** Label names in class order. Default: those of the training rows, sorted. */
  labels?: readonly string[];
  /**
   * Texts of more than maxSeqLength tokens are cut, or read in windows, of whose outputs the mean or the
   * maximum counts. Default: as the model was trained; else they are cut.
   */
  longTexts?: "cut" | "mean" | "max";
  /**
   * Tokens that neighbouring windows of a long text share. Unit: tokens. Default: 128, or a third of
   * maxSeqLength.
   */
  docStride?: number;
  /**
   * After training, explain so many of the worst mistakes, with 32 gradients each, for the report; long texts
   * are left out. Unit: rows. Default: `0`.
   */
  explainMistakes?: number;
  /**
   * Names of all columns, in order, of `.tsv` and `.csv` files that have no header line. Default: the first
   * line names them.
   */
  columnNames?: readonly string[];
  /** Names of the columns. */
  columns?: {
    /** Column of the text. Default: text, sentence or sentence1. */
    text?: string;
    /** Column of a pair's second text. Default: textPair, text_pair or sentence2. */
    textPair?: string;
    /** Column of the label. Default: label. */
    label?: string;
  };
  /**
   * What the labels teach: what each text's label is, or, of few rows, which texts have the same one; the
   * last layer is then fitted by logistic regression. Default: `"cross-entropy"`.
   */
  method?: "cross-entropy" | "contrastive";
  /**
   * With method contrastive: how often an epoch pairs each row, each time with a text of the same label and
   * with one of another. Unit: pairs. Default: 10.
   */
  pairsPerRow?: number;
  /** Share of the target that is spread over all labels. Default: `0`. */
  labelSmoothing?: number;
  /**
   * Weight of each label in the loss: balanced, w,w,... in the labels' order, or label=w,...; labels that are
   * left out have 1. Default: 1 for all.
   */
  classWeights?: "balanced" | readonly number[] | Record<string, number>;
  /**
   * Folder of the model, or its name on the Hugging Face Hub: a teacher, whose answers are learnt; rows need
   * no labels then. Default: the rows say what is right.
   */
  teacher?: string;
  /**
   * With teacher: both models' logits are divided by it, so that answers that are not the first count, too.
   * Default: 2.
   */
  teacherTemperature?: number;
  /**
   * With teacher: share of its answers in the loss; the labels have the rest. Default: 0.5, and 1 where no
   * row has a label.
   */
  teacherWeight?: number;
  /** Draw the rows of each epoch so that every label comes equally often. Default: `false`. */
  balancedSampling?: boolean;
  /**
   * After training, make scores probabilities to be believed: a temperature from the validation rows.
   * Default: `false`.
   */
  calibrate?: boolean;
}

/** Options of `fineTune()` for embedding. */
export interface EmbeddingOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "embedding";
  /**
   * Names of all columns, in order, of `.tsv` and `.csv` files that have no header line. Default: the first
   * line names them.
   */
  columnNames?: readonly string[];
  /** Names of the columns. */
  columns?: {
    /**
     * Column of the text that is compared, the anchor. Default: anchor, query, question, sentence1 or text.
     */
    text?: string;
    /**
     * Column of what it is compared with, the positive. Default: positive, document, answer, sentence2 or
     * textPair.
     */
    textPair?: string;
    /**
     * Column of a text that is not like it. Default: all named negative, negative_1, …, and negatives, an
     * array.
     */
    negative?: string;
    /** Column of how alike the two texts are. Default: score or label, without negatives. */
    label?: string;
  };
  /**
   * What the vectors are trained for; mse and margin-mse are of a teacher's vectors and scores. Default:
   * cosent for rows with scores, else multiple-negatives-ranking; with a teacher mse.
   */
  loss?:
    | "multiple-negatives-ranking"
    | "multiple-negatives-symmetric-ranking"
    | "cosent"
    | "cosine-similarity"
    | "triplet"
    | "mse"
    | "margin-mse";
  /**
   * Negatives of each anchor, mined anew before each epoch by the vectors as they are then. Default: none are
   * mined.
   */
  numNegatives?: number;
  /** With numNegatives: the most alike of the candidates, or any of them. Default: `"top"`. */
  samplingStrategy?: "top" | "random";
  /** With numNegatives: leave out the N most alike candidates. Default: `0`. */
  rangeMin?: number;
  /**
   * With numNegatives: the candidates are the N most alike, those that are left out among them. Default:
   * rangeMin, numNegatives (10 times where maxScore or a margin is given) and the most positives of an
   * anchor, added up.
   */
  rangeMax?: number;
  /** With numNegatives: leave out candidates that are more alike to the anchor than this. */
  maxScore?: number;
  /** With numNegatives: leave out those that are less alike. */
  minScore?: number;
  /**
   * With numNegatives: leave out those that are not at least so much less alike than each positive of the
   * anchor.
   */
  absoluteMargin?: number;
  /** With numNegatives: the same as a share of that positive's score. */
  relativeMargin?: number;
  /**
   * Folder of the model, or its name on the Hugging Face Hub: a teacher, whose answers are learnt; rows need
   * no labels then. Default: the rows say what is right.
   */
  teacher?: string;
  /**
   * Texts of more than maxSeqLength tokens are cut, or read in windows, of whose vectors the mean or the
   * maximum counts. Default: as the model was trained; else they are cut.
   */
  longTexts?: "cut" | "mean" | "max";
  /**
   * Tokens that neighbouring windows of a long text share. Unit: tokens. Default: 128, or a third of
   * maxSeqLength.
   */
  docStride?: number;
  /**
   * How a vector is made of a text's tokens, for a model whose files do not say it; it is then made of length
   * 1. Default: mean.
   */
  pooling?: "cls" | "max" | "mean" | "mean_sqrt_len_tokens" | "weightedmean" | "lasttoken";
  /** Factor of cosines in the losses that compare rows. Default: 20. */
  scale?: number;
  /** With triplet: how much closer than a negative a positive is to be. Default: 5. */
  margin?: number;
  /**
   * Add up the losses of the first so many numbers of each vector; name the whole length, too (Matryoshka).
   * Default: the whole vector alone.
   */
  dims?: readonly number[];
}

/** Options of `fineTune()` for masked-words. */
export interface MaskedWordsOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "masked-words";
  /**
   * Names of all columns, in order, of `.tsv` and `.csv` files that have no header line. Default: the first
   * line names them.
   */
  columnNames?: readonly string[];
  /** Names of the columns. */
  columns?: {
    /** Column of the text. Default: text. */
    text?: string;
  };
  /** Share of the tokens to predict. Default: `0.15`. */
  maskRate?: number;
  /** Mask whole words. Default: `false`. */
  wholeWord?: boolean;
}

/** Options of `fineTune()` for multi-label. */
export interface MultiLabelOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "multi-label";
  /** Label names in class order. Default: those of the training rows, sorted. */
  labels?: readonly string[];
  /**
   * Texts of more than maxSeqLength tokens are cut, or read in windows, of whose outputs the mean or the
   * maximum counts. Default: as the model was trained; else they are cut.
   */
  longTexts?: "cut" | "mean" | "max";
  /**
   * Tokens that neighbouring windows of a long text share. Unit: tokens. Default: 128, or a third of
   * maxSeqLength.
   */
  docStride?: number;
  /**
   * After training, explain so many of the worst mistakes, with 32 gradients each, for the report; long texts
   * are left out. Unit: rows. Default: `0`.
   */
  explainMistakes?: number;
  /**
   * Names of all columns, in order, of `.tsv` and `.csv` files that have no header line. Default: the first
   * line names them.
   */
  columnNames?: readonly string[];
  /** Names of the columns. */
  columns?: {
    /** Column of the text. Default: text, sentence or sentence1. */
    text?: string;
    /** Column of a pair's second text. Default: textPair, text_pair or sentence2. */
    textPair?: string;
    /** Column of the labels. Default: labels or label. */
    label?: string;
  };
  /**
   * Folder of the model, or its name on the Hugging Face Hub: a teacher, whose answers are learnt; rows need
   * no labels then. Default: the rows say what is right.
   */
  teacher?: string;
  /**
   * With teacher: both models' logits are divided by it, so that answers that are not the first count, too.
   * Default: 2.
   */
  teacherTemperature?: number;
  /**
   * With teacher: share of its answers in the loss; the labels have the rest. Default: 0.5, and 1 where no
   * row has a label.
   */
  teacherWeight?: number;
  /**
   * From which probability on a label counts, or `tuned`: for each label that with the highest F1 on the
   * validation rows. Default: `0.5`.
   */
  threshold?: number | "tuned";
  /**
   * After training, make scores probabilities to be believed: a temperature from the validation rows.
   * Default: `false`.
   */
  calibrate?: boolean;
}

/** Options of `fineTune()` for multiple-choice. */
export interface MultipleChoiceOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "multiple-choice";
  /**
   * Names of all columns, in order, of `.tsv` and `.csv` files that have no header line. Default: the first
   * line names them.
   */
  columnNames?: readonly string[];
  /**
   * After training, make scores probabilities to be believed: a temperature from the validation rows.
   * Default: `false`.
   */
  calibrate?: boolean;
}

/** Options of `fineTune()` for question-answering. */
export interface QuestionAnsweringOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "question-answering";
  /**
   * Tokens that neighbouring windows of a long text share. Unit: tokens. Default: 128, or a third of
   * maxSeqLength.
   */
  docStride?: number;
  /** Tokens to which longer questions are cut. Unit: tokens. Default: they are not cut. */
  maxQuestionLength?: number;
  /** Tokens that a predicted answer may have. Unit: tokens. Default: `30`. */
  maxAnswerLength?: number;
}

/** Options of `fineTune()` for regression. */
export interface RegressionOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "regression";
  /**
   * Texts of more than maxSeqLength tokens are cut, or read in windows, of whose outputs the mean or the
   * maximum counts. Default: as the model was trained; else they are cut.
   */
  longTexts?: "cut" | "mean" | "max";
  /**
   * Tokens that neighbouring windows of a long text share. Unit: tokens. Default: 128, or a third of
   * maxSeqLength.
   */
  docStride?: number;
  /**
   * After training, explain so many of the worst mistakes, with 32 gradients each, for the report; long texts
   * are left out. Unit: rows. Default: `0`.
   */
  explainMistakes?: number;
  /**
   * Names of all columns, in order, of `.tsv` and `.csv` files that have no header line. Default: the first
   * line names them.
   */
  columnNames?: readonly string[];
  /** Names of the columns. */
  columns?: {
    /** Column of the text. Default: text, sentence or sentence1. */
    text?: string;
    /** Column of a pair's second text. Default: textPair, text_pair or sentence2. */
    textPair?: string;
    /** Column of the score. Default: score or label. */
    label?: string;
  };
  /**
   * Folder of the model, or its name on the Hugging Face Hub: a teacher, whose answers are learnt; rows need
   * no labels then. Default: the rows say what is right.
   */
  teacher?: string;
  /**
   * With teacher: share of its answers in the loss; the labels have the rest. Default: 0.5, and 1 where no
   * row has a label.
   */
  teacherWeight?: number;
}

/** Options of `fineTune()` for reranking. */
export interface RerankingOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "reranking";
  /**
   * Names of all columns, in order, of `.tsv` and `.csv` files that have no header line. Default: the first
   * line names them.
   */
  columnNames?: readonly string[];
  /** Names of the columns. */
  columns?: {
    /** Column of the query. Default: query, anchor, question, sentence1 or text. */
    text?: string;
    /**
     * Column of a document, or an array of documents. Default: documents, docs, positive, document, passage,
     * answer, sentence2 or textPair.
     */
    textPair?: string;
    /**
     * Column of further documents, which do not answer the query. Default: all named negative, negative_1, …,
     * and negatives, an array.
     */
    negative?: string;
    /**
     * Column of how relevant a document is, or of an array with a number for each. Default: label, labels,
     * score or scores; without one, the documents are relevant, and the negatives are not.
     */
    label?: string;
  };
  /**
   * What scores are trained for: each document's label, the order of a query's documents, labels that are
   * scores, or how far the first document's lies above each other's. Default: binary-cross-entropy; with a
   * teacher margin-mse for lists of documents, else mse.
   */
  loss?: "binary-cross-entropy" | "list-net" | "lambda" | "mse" | "margin-mse";
  /**
   * Folder of the model, or its name on the Hugging Face Hub: a teacher, whose answers are learnt; rows need
   * no labels then. Default: the rows say what is right.
   */
  teacher?: string;
  /** With binary-cross-entropy: how many times the losses of relevant documents count. Default: 1. */
  posWeight?: number;
}

/** Options of `fineTune()` for token-classification. */
export interface TokenClassificationOptions extends FineTuneCommonOptions {
  /** What to learn. */
  task: "token-classification";
  /** Label names in class order. Default: those of the training rows, sorted. */
  labels?: readonly string[];
  /** Names of the columns. */
  columns?: {
    /** Column of the words, or of the text. Default: tokens or text. */
    text?: string;
    /** Column of the tags of words, or the entities of a text. Default: tags or entities. */
    label?: string;
  };
  /** Share of the target that is spread over all labels. Default: `0`. */
  labelSmoothing?: number;
  /**
   * Weight of each label in the loss: balanced, w,w,... in the labels' order, or label=w,...; labels that are
   * left out have 1. Default: 1 for all.
   */
  classWeights?: "balanced" | readonly number[] | Record<string, number>;
  /** How tags mark entities. Default: what the training rows show, or BIO. */
  scheme?: "BIO" | "IOB1" | "BIOES" | "plain";
  /** Read a sentence with those around it in its document. Default: `false`. */
  documentContext?: boolean;
  /** What the new layer sees of a frozen encoder. Default: last-hidden. */
  features?: "last-hidden" | "concat-last-four";
  /**
   * After training, make scores probabilities to be believed: a temperature from the validation rows.
   * Default: `false`.
   */
  calibrate?: boolean;
}

/** The options of `fineTune()` for each task. */
export interface FineTuneOptionsByTask {
  /** Its `maxSeqLength` is 128, unless the model reads less or another one is given. */
  classification: ClassificationOptions;
  /** Its `maxSeqLength` is 128, unless the model reads less or another one is given. */
  embedding: EmbeddingOptions;
  /** Its `maxSeqLength` is 128, unless the model reads less or another one is given. */
  "masked-words": MaskedWordsOptions;
  /** Its `maxSeqLength` is 128, unless the model reads less or another one is given. */
  "multi-label": MultiLabelOptions;
  /** Its `maxSeqLength` is 128, unless the model reads less or another one is given. */
  "multiple-choice": MultipleChoiceOptions;
  /** Its `maxSeqLength` is 384, unless the model reads less or another one is given. */
  "question-answering": QuestionAnsweringOptions;
  /** Its `maxSeqLength` is 128, unless the model reads less or another one is given. */
  regression: RegressionOptions;
  /** Its `maxSeqLength` is 256, unless the model reads less or another one is given. */
  reranking: RerankingOptions;
  /** Its `maxSeqLength` is 128, unless the model reads less or another one is given. */
  "token-classification": TokenClassificationOptions;
}

/** Options of `fineTune()`: `task` says which there are. */
export type FineTuneOptions = FineTuneOptionsByTask[TaskName];

/** Values to try, by option. */
export type SearchGrid<Task extends TaskName> = {
  [Name in Exclude<
    keyof FineTuneOptionsByTask[Task],
    | "task"
    | "train"
    | "validation"
    | "outputDir"
    | "overwrite"
    | "budget"
    | "resume"
    | "changeSchedule"
    | "snapshotEvery"
    | "snapshotMinutes"
    | "keepSnapshots"
    | "seeds"
    | "metric"
    | "revision"
    | "token"
    | "cacheDir"
    | "localFilesOnly"
    | "languages"
    | "license"
    | "datasetName"
    | "tensorboardDir"
    | "histogramEvery"
    | "shardOptimizer"
    | "reduceDtype"
    | "rankTimeout"
    | "signal"
    | "onProgress"
    | "logger"
  >]?: readonly FineTuneOptionsByTask[Task][Name][];
};

/** What `search()` takes beside the options of `fineTune()`, or in their place. */
export interface SearchOwnOptions<Task extends TaskName> {
  /** Training rows, as for `fineTune()`. */
  train: RowSource;
  /** Rows on which the settings are compared. */
  validation: RowSource;
  /**
   * Values to try, by option; every combination is a trial. Default: the paper's, of the options that are not
   * given: batchSize 16, 32; learningRate 5e-5, 3e-5, 2e-5; epochs 2, 3, 4; with a budget what fits.
   */
  grid?: SearchGrid<Task>;
  /**
   * How long it may take, as time such as `20m` or `1h30m`, `5000 rows` or `300 updates`: chooses `epochs`,
   * the same for all trials, and a `grid`, where none is given. Default: as long as the other options make
   * it.
   */
  budget?: string;
  /**
   * Successive halving: train on the first so many rows, and go on with the best third of the settings. Unit:
   * rows. Default: all settings train on all rows.
   */
  rungs?: readonly number[];
  /** Where results, table and the best model go; a second call goes on where the first stopped. */
  outputDir: string;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: SearchEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** The options of `search()` for each task. */
export type SearchOptionsByTask = {
  [Task in TaskName]: Omit<
    FineTuneOptionsByTask[Task],
    | "overwrite"
    | "resume"
    | "changeSchedule"
    | "seeds"
    | "shardOptimizer"
    | "reduceDtype"
    | "rankTimeout"
    | keyof SearchOwnOptions<Task>
  > &
    SearchOwnOptions<Task>;
};

/** Options of `search()`: `task` says which there are. */
export type SearchOptions = SearchOptionsByTask[TaskName];

/** What `findLearningRate()` takes beside the options of `fineTune()`. */
export interface RangeTestOwnOptions {
  /**
   * Updates of a test, over which the rate rises from 1e-7 to 1; it ends early when the loss diverges. Unit:
   * updates. Default: `100`.
   */
  updates?: number;
  /** Tests whose losses are averaged, with the seeds `seed`, `seed + 1` and so on. Default: `3`. */
  tests?: number;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: RangeEvent | FineTuneEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** The options of `findLearningRate()` for each task. */
export type FindLearningRateOptionsByTask = {
  [Task in TaskName]: Omit<
    FineTuneOptionsByTask[Task],
    | "validation"
    | "outputDir"
    | "overwrite"
    | "resume"
    | "changeSchedule"
    | "snapshotEvery"
    | "snapshotMinutes"
    | "keepSnapshots"
    | "budget"
    | "epochs"
    | "learningRate"
    | "schedule"
    | "warmupRatio"
    | "evaluateEvery"
    | "metric"
    | "loadBest"
    | "patience"
    | "seeds"
    | "tensorboardDir"
    | "histogramEvery"
    | "languages"
    | "license"
    | "datasetName"
    | "shardOptimizer"
    | "reduceDtype"
    | "rankTimeout"
    | "explainMistakes"
    | "calibrate"
    | "threshold"
    | keyof RangeTestOwnOptions
  > &
    RangeTestOwnOptions;
};

/** Options of `findLearningRate()`: `task` says which there are. */
export type FindLearningRateOptions = FindLearningRateOptionsByTask[TaskName];

/** What `inspectData()` takes beside options of `fineTune()`. */
export interface InspectionOwnOptions {
  /** Rows to look at, in files, patterns of files, or memory. */
  data: RowSource;
  /** Other rows, such as those to evaluate on: which of them the data has, too, and which labels it lacks. */
  against?: RowSource;
  /**
   * Folder of the model, or its name on the Hugging Face Hub, whose tokens are counted. Default: lengths are
   * in characters alone.
   */
  model?: string;
  /**
   * From which share of common pairs of neighbouring words (Jaccard similarity, estimated) on two texts are
   * nearly the same. Default: `0.8`.
   */
  similarity?: number;
  /**
   * Train `folds` models, each on the rows of all folds but one, and find labels of `data` that look wrong to
   * them; for classification, multi-label and token-classification, with a model. Default: `false`.
   */
  findLabelErrors?: boolean;
  /** With findLabelErrors: models that are trained. Default: `5`. */
  folds?: number;
  /** Rows that are shown of each finding. Default: `10`. */
  examples?: number;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: InspectionEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** The options of `inspectData()` for each task. */
export type InspectionOptionsByTask = {
  [Task in TaskName]: Omit<
    FineTuneOptionsByTask[Task],
    | "train"
    | "validation"
    | "layers"
    | "outputDir"
    | "overwrite"
    | "resume"
    | "changeSchedule"
    | "snapshotEvery"
    | "snapshotMinutes"
    | "keepSnapshots"
    | "limit"
    | "budget"
    | "microBatchSize"
    | "gradientCheckpointing"
    | "schedule"
    | "warmupRatio"
    | "optimizer"
    | "layerDecay"
    | "freezeLayers"
    | "encoder"
    | "weightDecay"
    | "maxGradNorm"
    | "groupByLength"
    | "evaluateEvery"
    | "metric"
    | "loadBest"
    | "patience"
    | "seeds"
    | "tensorboardDir"
    | "histogramEvery"
    | "languages"
    | "license"
    | "datasetName"
    | "deterministic"
    | "shardOptimizer"
    | "reduceDtype"
    | "rankTimeout"
    | "longTexts"
    | "docStride"
    | "explainMistakes"
    | "method"
    | "pairsPerRow"
    | "labelSmoothing"
    | "classWeights"
    | "teacher"
    | "teacherTemperature"
    | "teacherWeight"
    | "balancedSampling"
    | "calibrate"
    | "loss"
    | "numNegatives"
    | "samplingStrategy"
    | "rangeMin"
    | "rangeMax"
    | "maxScore"
    | "minScore"
    | "absoluteMargin"
    | "relativeMargin"
    | "pooling"
    | "scale"
    | "margin"
    | "dims"
    | "maskRate"
    | "wholeWord"
    | "threshold"
    | "maxQuestionLength"
    | "maxAnswerLength"
    | "posWeight"
    | "documentContext"
    | "features"
    | keyof InspectionOwnOptions
  > &
    InspectionOwnOptions;
};

/** Options of `inspectData()`: `task` says which there are. */
export type InspectionOptions = InspectionOptionsByTask[TaskName];

/** Options of `pretrain()`. */
export interface PretrainOptions {
  /**
   * Directory that `libbert prepare` wrote. Default: required, unless each phase has its own, or the run to
   * resume has.
   */
  data?: string;
  /**
   * How long to train. Unit: updates. Default: required, unless each phase has its own, or the run to resume
   * has, or there is a budget.
   */
  steps?: number;
  /**
   * How long it may take, as time such as `20m` or `1h30m`, `5000 sequences` or `300 updates`: chooses
   * `steps`, and of `size`, `phases` or `batchSize`, `learningRate`, `warmupRatio` and `evaluateEvery` what
   * is not given. Default: as long as the other options make it.
   */
  budget?: string;
  /** The longest sequence, special tokens included. Unit: tokens. Default: `128`. */
  maxSeqLength?: number;
  /** Sequences per update of each process. Default: `256`. */
  batchSize?: number;
  /** Sequences at a time, to save memory. Default: the whole batch. */
  microBatchSize?: number;
  /** The highest learning rate. Default: `0.0001`. */
  learningRate?: number;
  /** Share of the updates over which the learning rate rises. Default: `0.01`. */
  warmupRatio?: number;
  /**
   * How the learning rate changes; `polynomial` falls as the square root of what is left. Default:
   * `"linear"`.
   */
  schedule?: "linear" | "constant" | "cosine" | "polynomial";
  /**
   * Phases, one after the other; what one leaves out, it has from the options of the run. Default: one phase.
   */
  phases?: readonly {
    /** Directory that `libbert prepare` wrote. */
    data?: string;
    /** How long to train. Unit: updates. */
    steps?: number;
    /** The longest sequence, special tokens included. Unit: tokens. */
    maxSeqLength?: number;
    /** Sequences per update of each process. */
    batchSize?: number;
    /** Sequences at a time, to save memory. */
    microBatchSize?: number;
    /** The highest learning rate. */
    learningRate?: number;
    /** Share of the updates over which the learning rate rises. */
    warmupRatio?: number;
    /** How the learning rate changes; `polynomial` falls as the square root of what is left. */
    schedule?: "linear" | "constant" | "cosine" | "polynomial";
  }[];
  /** Published settings for all that is not given. Default: none. */
  recipe?: "paper" | "lamb";
  /** Size of the new model; not beside `continueFrom`. Default: `"base"`. */
  size?: "tiny" | "mini" | "small" | "medium" | "base" | "large";
  /**
   * Dropout of the new model, not beside `continueFrom`; 0 learns faster where no text is seen twice.
   * Default: `0.1`.
   */
  dropout?: number;
  /**
   * Folder of a BERT model, or its name on the Hugging Face Hub, to start from instead of a new model.
   * Default: a new model.
   */
  continueFrom?: string;
  /**
   * Masked words and next sentence, masked words alone, or the next word from left to right. Default:
   * `"mlm+nsp"`.
   */
  objective?: "mlm+nsp" | "mlm" | "causal";
  /**
   * Share of the tokens to predict; this and the three below not with the objective `causal`. Default:
   * `0.15`.
   */
  maskRate?: number;
  /**
   * Percent of the tokens to predict that become `[MASK]`, become a random token, stay. Default:
   * `"80/10/10"`.
   */
  maskSplit?: string;
  /** Mask whole words. Default: `false`. */
  wholeWord?: boolean;
  /**
   * The most tokens of a sequence to predict. Unit: tokens. Default: `maskRate` of `maxSeqLength`, rounded
   * up.
   */
  maxPredictionsPerSequence?: number;
  /** How often a sequence is meant to be shorter than `maxSeqLength`. Default: `0.1`. */
  shortSequenceProbability?: number;
  /**
   * `adamw` as PyTorch; `bert-adam` as the paper's code, without bias correction, so it learns nothing at
   * rates that `adamw` can still take; `lamb` for very large batches. Default: `"bert-adam"`.
   */
  optimizer?: "adamw" | "bert-adam" | "lamb";
  /** Decay of all weights but biases and LayerNorm. Default: `0.01`. */
  weightDecay?: number;
  /** Clip gradients to this norm. Default: `1`. */
  maxGradNorm?: number;
  /** Where snapshots, the log and the model go. */
  outputDir: string;
  /**
   * Go on from the newest intact snapshot of the run in `outputDir`, with its settings for all that is not
   * given; a run that has made all its updates can be given more `steps`. Default: `false`.
   */
  resume?: boolean;
  /**
   * With `resume`: go on with another learning rate, warm-up, schedule or number of updates, such as after a
   * divergence. Default: `false`.
   */
  changeSchedule?: boolean;
  /** Allow an output directory that holds files already. Default: `false`. */
  overwrite?: boolean;
  /** How often to save all that the run needs to go on. Unit: updates. Default: `1000`. */
  snapshotEvery?: number;
  /**
   * How often to save all that the run needs to go on, by the clock; 0: the clock does not count. Unit:
   * minutes. Default: `0`.
   */
  snapshotMinutes?: number;
  /** How many snapshots to keep. Default: `2`. */
  keepSnapshots?: number;
  /** How often to write a line of the log. Unit: updates. Default: `100`. */
  logEvery?: number;
  /** How often to evaluate on the validation documents. Unit: updates. Default: at the end alone. */
  evaluateEvery?: number;
  /**
   * Size of an evaluation; its sequences are masked as in the paper, 15 % and 80/10/10, whatever training
   * does. Unit: sequences. Default: `1024`.
   */
  evaluationSequences?: number;
  /** Source of every random choice. Default: `1`. */
  seed?: number;
  /**
   * Folder for what TensorBoard shows of the run: losses, rates, speed, memory, evaluations and options; a
   * run that goes on adds to it, and each seed or trial has a folder in it. Default: nothing is written.
   */
  tensorboardDir?: string;
  /** How often TensorBoard is given histograms of the weights. Unit: updates. Default: no histograms. */
  histogramEvery?: number;
  /** Branch, tag or commit of a model that is given by its name on the Hub. Default: `main`. */
  revision?: string;
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /**
   * Where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has. Default:
   * `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
   */
  cacheDir?: string;
  /** Fetch nothing: take what is in the cache. Default: `HF_HUB_OFFLINE`. */
  localFilesOnly?: boolean;
  /** Languages of the texts, for the card of the saved model. Default: the card has none. */
  languages?: readonly string[];
  /**
   * License of the saved model, for its card, as the Hub calls it: apache-2.0. Default: that of the model's
   * own card, if it says.
   */
  license?: string;
  /** Name of the data on the Hub, for the card of the saved model. Default: the card names the files. */
  datasetName?: string;
  /** Where to compute: "auto", "cpu", "cuda" or "cuda:N". Default: `"auto"`. */
  device?: string;
  /** What to compute with; `auto` takes bfloat16 where the hardware has units for it. Default: `"auto"`. */
  dtype?: "auto" | "float32" | "bfloat16";
  /**
   * Threads that compute on the CPU. Default: `LIBBERT_THREADS` or `OMP_NUM_THREADS`, else the processors
   * that the process may use.
   */
  threads?: number;
  /** Make runs on a GPU repeat bit for bit, which is slower; runs on the CPU always do. Default: `false`. */
  deterministic?: boolean;
  /**
   * Several processes: divide the optimizer's memory and work among them (ZeRO, stage 1). Default: `false`.
   */
  shardOptimizer?: boolean;
  /**
   * Several processes: what gradients are summed in on their way; bfloat16 halves the traffic. Default:
   * `"float32"`.
   */
  reduceDtype?: "float32" | "bfloat16";
  /**
   * Several processes: how long to wait for one that does not come or does not answer. Unit: seconds.
   * Default: `300`.
   */
  rankTimeout?: number;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: PretrainEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `ablate()`. */
export interface AblationOptions {
  /** Options of `pretrain()` that all variants share. */
  base: Partial<PretrainOptions>;
  /** What each variant has of its own, by name. */
  variants: Readonly<Record<string, Partial<PretrainOptions>>>;
  /** Every variant is trained with each. Default: `[1]`. */
  seeds?: readonly number[];
  /** Where runs, table and curves go; a second call goes on where the first stopped. */
  outputDir: string;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: AblationEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `loadModel()`. */
export interface LoadOptions {
  /**
   * Other names for the model's labels: all in class order, or old=new,... for some. Default: those in its
   * files.
   */
  labels?: readonly string[] | Record<string, string>;
  /** Branch, tag or commit of a model that is given by its name on the Hub. Default: `main`. */
  revision?: string;
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /**
   * Where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has. Default:
   * `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
   */
  cacheDir?: string;
  /** Fetch nothing: take what is in the cache. Default: `HF_HUB_OFFLINE`. */
  localFilesOnly?: boolean;
  /** Where to compute: "auto", "cpu", "cuda" or "cuda:N". Default: `"auto"`. */
  device?: string;
  /**
   * What to compute with; `auto` takes bfloat16 where the hardware has units for it, `int8` is for the CPU.
   * Default: `"auto"`.
   */
  dtype?: "auto" | "float32" | "bfloat16" | "int8";
  /**
   * Threads that compute on the CPU. Default: `LIBBERT_THREADS` or `OMP_NUM_THREADS`, else the processors
   * that the process may use.
   */
  threads?: number;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: DownloadEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `fillMask()`. */
export interface FillMaskOptions {
  /** Folder of the model, or its name on the Hugging Face Hub, with a masked-word head. */
  model: string;
  /** Texts with one or more [MASK] in them. */
  texts: readonly string[];
  /** How many tokens to show for each mask. Unit: tokens. Default: `5`. */
  topK?: number;
  /** Branch, tag or commit of a model that is given by its name on the Hub. Default: `main`. */
  revision?: string;
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /**
   * Where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has. Default:
   * `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
   */
  cacheDir?: string;
  /** Fetch nothing: take what is in the cache. Default: `HF_HUB_OFFLINE`. */
  localFilesOnly?: boolean;
  /** Where to compute: "auto", "cpu", "cuda" or "cuda:N". Default: `"auto"`. */
  device?: string;
  /**
   * What to compute with; `auto` takes bfloat16 where the hardware has units for it, `int8` is for the CPU.
   * Default: `"auto"`.
   */
  dtype?: "auto" | "float32" | "bfloat16" | "int8";
  /**
   * Threads that compute on the CPU. Default: `LIBBERT_THREADS` or `OMP_NUM_THREADS`, else the processors
   * that the process may use.
   */
  threads?: number;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: DownloadEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `convert()`. */
export interface ConvertOptions {
  /**
   * Folder of the model, or its name on the Hugging Face Hub; or one file of the folder, such as
   * pytorch_model.bin or bert_model.ckpt.
   */
  model: string;
  /** Where to save the model. */
  outputDir: string;
  /** Allow an output directory that holds files already. Default: `false`. */
  overwrite?: boolean;
  /** Branch, tag or commit of a model that is given by its name on the Hub. Default: `main`. */
  revision?: string;
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /**
   * Where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has. Default:
   * `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
   */
  cacheDir?: string;
  /** Fetch nothing: take what is in the cache. Default: `HF_HUB_OFFLINE`. */
  localFilesOnly?: boolean;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: ConvertEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `report()`. */
export interface ReportOptions {
  /** Folders that runs have written to; several are compared on one page. */
  runs: string | readonly string[];
  /** File to write the page to; several runs need one. Default: `report.html` beside the run's files. */
  output?: string;
}

/** Options of `pull()`. */
export interface PullOptions {
  /** Name of a model on the Hugging Face Hub. */
  model: string;
  /** Branch, tag or commit of a model that is given by its name on the Hub. Default: `main`. */
  revision?: string;
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /**
   * Where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has. Default:
   * `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
   */
  cacheDir?: string;
  /** Fetch nothing: take what is in the cache. Default: `HF_HUB_OFFLINE`. */
  localFilesOnly?: boolean;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: DownloadEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `model.exportOnnx()`. */
export interface ExportOptions {
  /**
   * How weights are stored: 32 or 16 bits with a fraction, or integers of 8 bits; of a list, each in a file
   * of its own. Default: `"fp32"`.
   */
  dtype?: "fp32" | "fp16" | "q8" | readonly ("fp32" | "fp16" | "q8")[];
  /** Allow a directory that holds files already. Default: `false`. */
  overwrite?: boolean;
}

/** Options of `push()`. */
export interface PushOptions {
  /** Folder of the model. */
  model: string;
  /** Name on the Hub, with the user or the organisation; it is made where there is none. */
  repository: string;
  /**
   * Make the repository a private one; one that everybody may read is refused. Default: as the Hub makes
   * repositories, or as it is.
   */
  private?: boolean;
  /** Branch to commit to; it is made where there is none. Default: `"main"`. */
  revision?: string;
  /** What the commit says. Default: `"Upload the model with libbert"`. */
  message?: string;
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Is told how the call goes; what it throws ends the call. */
  onProgress?: (event: UploadEvent) => void;
  /** Is told in sentences what `onProgress` is told, and what would else be warnings of Node's. */
  logger?: Logger;
}

/** Options of `model.calibrate()`. */
export interface CalibrateOptions {
  /**
   * Mark predictions as abstained below the lowest score from which on this share of the validation rows is
   * predicted right. Default: none are marked.
   */
  precision?: number;
  /**
   * Give sets of predictions, of regression intervals, this share of which holds what is right. Default: none
   * are given.
   */
  coverage?: number;
  /**
   * Beside coverage: how sets are made. `lac` gives the smallest ones; `aps` larger ones for texts that are
   * hard to tell. Default: `lac`.
   */
  sets?: "lac" | "aps";
  /**
   * Write it into the folder that the model was loaded from, where all else stays as it is. Default: `false`.
   */
  save?: boolean;
}

/** Options of `model.explain()`. */
export interface ExplainOptions {
  /** The label to explain, the token at a mask, or the index of a choice. Default: what is predicted. */
  target?: string | number;
  /**
   * With token-classification: the word whose tag to explain, from 0. Default: the one that is most certainly
   * an entity's.
   */
  word?: number;
  /** With masked-words: the mask whose token to explain, from 0. Default: the first. */
  mask?: number;
  /**
   * With embedding: the text whose vector that of the input is compared with. Default: none; embedding needs
   * one.
   */
  comparedWith?: string;
  /**
   * With embedding: what the input is in a search, with the model's prompt for it; the other text is the
   * other. Default: none: both texts get the model's default_prompt_name.
   */
  role?: "query" | "document";
  /**
   * Points on the way from padding to the text at which gradients are computed. Unit: steps. Default: 16,
   * doubled up to 512 until attributions add up to what they explain.
   */
  steps?: number;
}

/** Options of `model.features()`. */
export interface FeatureOptions {
  /** Layers to take, from 0, the embeddings, or with a minus counted from the last, -1. Default: `[-1]`. */
  layers?: readonly number[];
  /**
   * One vector a text, the mean of its tokens or that of `[CLS]`; or, with `concat`, one for each token,
   * layers side by side; or, with `none`, for each layer and token. Default: `"mean"`.
   */
  pooling?: "mean" | "cls" | "concat" | "none";
}

/** Options of `model.embed()`. */
export interface EmbedOptions {
  /** Make vectors of length 1. Default: what the model's modules.json says; without one, true. */
  normalize?: boolean;
  /**
   * What stands before each text, of a pair before the first. Default: the model's default_prompt_name;
   * without one, none.
   */
  prompt?: string;
  /**
   * The name of one of the model's prompts (config_sentence_transformers.json), in the place of prompt.
   * Default: the model's default_prompt_name; without one, none.
   */
  promptName?: string;
  /**
   * Texts of more tokens than the model reads are cut, or read in windows, of whose vectors the mean or the
   * maximum counts. Default: as the model was trained; else they are cut.
   */
  longTexts?: "cut" | "mean" | "max";
  /**
   * Tokens that neighbouring windows of a long text share. Unit: tokens. Default: as the model was trained;
   * else 128, or a third of a window.
   */
  docStride?: number;
  /**
   * Keep the first N numbers of each vector, before it is made of length 1. Unit: numbers. Default: what the
   * model's files say; without them, all.
   */
  truncateDim?: number;
}

/** Options of `model.score()`. */
export interface ScoreOptions {
  /** What the model's output goes through. Default: what the model's files say; without them, sigmoid. */
  activation?: "sigmoid" | "identity";
  /** The most tokens of a pair: longer ones are cut. Unit: tokens. Default: what the model's files say. */
  maxLength?: number;
  /**
   * What stands before the first text of each pair. Default: the model's default_prompt_name; without one,
   * none.
   */
  prompt?: string;
  /**
   * The name of one of the model's prompts, in the place of prompt. Default: the model's default_prompt_name;
   * without one, none.
   */
  promptName?: string;
}

/** Options of `model.rank()`. */
export interface RankOptions {
  /** What the model's output goes through. Default: what the model's files say; without them, sigmoid. */
  activation?: "sigmoid" | "identity";
  /** The most tokens of a pair: longer ones are cut. Unit: tokens. Default: what the model's files say. */
  maxLength?: number;
  /**
   * What stands before the first text of each pair. Default: the model's default_prompt_name; without one,
   * none.
   */
  prompt?: string;
  /**
   * The name of one of the model's prompts, in the place of prompt. Default: the model's default_prompt_name;
   * without one, none.
   */
  promptName?: string;
  /** Give the K best documents. Unit: documents. Default: all. */
  topK?: number;
  /** Give each document itself, too. Default: `false`. */
  returnDocuments?: boolean;
}

/** Options of `indexVectors()`. */
export interface IndexOptions {
  /**
   * How alike two vectors are: their cosine, their product, or their distance with a minus. Default:
   * `"cosine"`.
   */
  similarity?: "cosine" | "dot" | "euclidean" | "manhattan";
  /**
   * Threads that compute on the CPU. Default: `LIBBERT_THREADS` or `OMP_NUM_THREADS`, else the processors
   * that the process may use.
   */
  threads?: number;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of `index.search()`. */
export interface SearchVectorsOptions {
  /** How many vectors are found for each query. Unit: vectors. Default: `10`. */
  topK?: number;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of `model.evaluateRetrieval()`. */
export interface RetrievalOptions {
  /**
   * How alike two vectors are: their cosine, their product, or their distance with a minus. Default: what the
   * model's files say; without them, cosine.
   */
  similarity?: "cosine" | "dot" | "euclidean" | "manhattan";
  /** What stands before each query. Default: the model's prompt `query`. */
  queryPrompt?: string;
  /** The name of one of the model's prompts for each query. Default: query. */
  queryPromptName?: string;
  /** What stands before each document. Default: the model's prompt `document`. */
  documentPrompt?: string;
  /** The name of one of the model's prompts for each document. Default: document. */
  documentPromptName?: string;
  /**
   * Keep the first N numbers of each vector, before it is made of length 1. Unit: numbers. Default: what the
   * model's files say; without them, all.
   */
  truncateDim?: number;
  /**
   * With a ranker: so many documents of each query are put in its order, the others behind them. Unit:
   * documents. Default: `100`.
   */
  rerankTopK?: number;
  /**
   * Leave out of what is found the document that has the query's own name, as BEIR does. Default: `false`.
   */
  skipSameName?: boolean;
  /**
   * How often a relevant document is among the first N: a figure for each number of documents. Default: `[1,
   * 3, 5, 10]`.
   */
  accuracyAt?: readonly number[];
  /**
   * The share of the first N that are relevant: a figure for each number of documents. Default: `[1, 3, 5,
   * 10]`.
   */
  precisionAt?: readonly number[];
  /**
   * The share of the relevant documents that are among the first N: a figure for each number of documents.
   * Default: `[1, 3, 5, 10]`.
   */
  recallAt?: readonly number[];
  /**
   * 1 / place of the first relevant document, where that is among the first N: a figure for each number of
   * documents. Default: `[10]`.
   */
  mrrAt?: readonly number[];
  /**
   * Discounted gain of the first N, as a share of the best order's: a figure for each number of documents.
   * Default: `[10]`.
   */
  ndcgAt?: readonly number[];
  /** Average precision of the first N: a figure for each number of documents. Default: `[100]`. */
  mapAt?: readonly number[];
  /** A cross-encoder that puts what the vectors find in its own order. Default: none. */
  ranker?: Ranker;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of `model.mineNegatives()`. */
export interface MiningOptions {
  /** More texts that may be negatives, beside the positives of other anchors. */
  corpus?: readonly string[];
  /**
   * A cross-encoder whose scores the margins and limits are about: it tells what is wrong from what nobody
   * marked as right. Default: none.
   */
  ranker?: Ranker;
  /** Negatives of each anchor. Default: `3`. */
  numNegatives?: number;
  /** The most alike of the candidates, or any of them. Default: `"top"`. */
  samplingStrategy?: "top" | "random";
  /** With random: source of the choice. Default: `1`. */
  seed?: number;
  /** Leave out the N most alike candidates. Default: `0`. */
  rangeMin?: number;
  /**
   * The candidates are the N most alike, those that are left out among them. Default: rangeMin, numNegatives
   * (10 times where maxScore or a margin is given) and the most positives of an anchor, added up.
   */
  rangeMax?: number;
  /** Leave out candidates that are more alike to the anchor than this. */
  maxScore?: number;
  /** Leave out those that are less alike. */
  minScore?: number;
  /** Leave out those that are not at least so much less alike than each positive of the anchor. */
  absoluteMargin?: number;
  /** The same as a share of that positive's score. */
  relativeMargin?: number;
  /**
   * How alike two vectors are: their cosine, their product, or their distance with a minus. Default: what the
   * model's files say; without them, cosine.
   */
  similarity?: "cosine" | "dot" | "euclidean" | "manhattan";
  /** What stands before each query. Default: the model's prompt `query`. */
  queryPrompt?: string;
  /** The name of one of the model's prompts for each query. Default: query. */
  queryPromptName?: string;
  /** What stands before each document. Default: the model's prompt `document`. */
  documentPrompt?: string;
  /** The name of one of the model's prompts for each document. Default: document. */
  documentPromptName?: string;
  /**
   * Keep the first N numbers of each vector, before it is made of length 1. Unit: numbers. Default: what the
   * model's files say; without them, all.
   */
  truncateDim?: number;
  /**
   * Names of all columns, in order, of `.tsv` and `.csv` files that have no header line. Default: the first
   * line names them.
   */
  columnNames?: readonly string[];
  /** Names of the columns. */
  columns?: {
    /** Column of the anchor. Default: anchor, query, question, sentence1 or text. */
    text?: string;
    /** Column of the positive. Default: positive, document, answer, sentence2 or textPair. */
    textPair?: string;
  };
  /**
   * The Hub's token for models and data sets that not everybody may read. Default: `HF_TOKEN`, else what `hf
   * auth login` has stored.
   */
  token?: string;
  /**
   * Where models and data sets of the Hub are kept, in the layout that Python's huggingface_hub has. Default:
   * `HF_HUB_CACHE`, else `hub` in `HF_HOME`.
   */
  cacheDir?: string;
  /** Fetch nothing: take what is in the cache. Default: `HF_HUB_OFFLINE`. */
  localFilesOnly?: boolean;
  /** Stops the call, in training within one update; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of `model.save()`. */
export interface SaveOptions {
  /** Allow a directory that holds files already. Default: `false`. */
  overwrite?: boolean;
  /** Languages of the texts, for the card of the saved model. Default: the card has none. */
  languages?: readonly string[];
  /**
   * License of the saved model, for its card, as the Hub calls it: apache-2.0. Default: that of the model's
   * own card, if it says.
   */
  license?: string;
  /** Name of the data on the Hub, for the card of the saved model. Default: the card names the files. */
  datasetName?: string;
  /**
   * Add files for sentence-transformers, which make one vector of a text's tokens in this way. Default: the
   * model's own files, if it has some.
   */
  pooling?: "cls" | "max" | "mean" | "mean_sqrt_len_tokens" | "weightedmean" | "lasttoken";
  /** Beside pooling: whether these vectors have length 1. Default: true. */
  normalize?: boolean;
}
