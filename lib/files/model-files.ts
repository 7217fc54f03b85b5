/** What the Hub shows of a model, and reads of it. It is no part of the model: one that is there stays. */
export const CARD = "README.md";

/** What libbert alone reads: how far a model's predictions can be believed. */
export const CALIBRATION = "libbert_calibration.json";

/** What a training writes beside a model: it names folders and the machine, and no later training reads it. */
export const REPORT = "training_report.json";
/** The same for people to read. */
export const REPORT_PAGE = "report.html";

/** What says that an adapter of peft's is to be added to the weights. libbert has none: it is read to be refused. */
export const ADAPTER = "adapter_config.json";

/** What sentence-transformers says of texts; old versions had a name for each family. */
export const SENTENCE_TEXT_FILES = [
  "bert",
  "roberta",
  "distilbert",
  "camembert",
  "albert",
  "xlm-roberta",
  "xlnet",
].map((family) => `sentence_${family}_config.json`);

/**
 * Files in which transformers and sentence-transformers keep a model, as far as they are read. Those that
 * a model saved over another does not have would be taken for its own.
 */
const NAMES = new Set([
  ...["config.json", "bert_config.json", REPORT, CALIBRATION],
  ...["tokenizer.json", "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json"],
  ...["vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "spm.model"],
  ...[ADAPTER, "adapter_model.safetensors", "adapter_model.bin"],
  ...["modules.json", "config_sentence_transformers.json", ...SENTENCE_TEXT_FILES],
]);

/** A form that a model's weights come in: one file, or shards with an index that says which tensor is where. */
export interface WeightForm {
  kind: "safetensors" | "pytorch";
  single: string;
  index: string;
  shard: RegExp;
}

/** The first that a model has counts, as in transformers. */
export const WEIGHT_FORMS: readonly WeightForm[] = [
  {
    kind: "safetensors",
    single: "model.safetensors",
    index: "model.safetensors.index.json",
    shard: /^model-\d+-of-\d+\.safetensors$/,
  },
  {
    kind: "pytorch",
    single: "pytorch_model.bin",
    index: "pytorch_model.bin.index.json",
    shard: /^pytorch_model-\d+-of-\d+\.bin$/,
  },
];

/** The files of a checkpoint of TensorFlow 1. */
const TENSORFLOW = /\.ckpt(-\d+)?\.(index|data-\d+-of-\d+)$/;

/** A folder of sentence-transformers, such as `1_Pooling`, and none of the user's own, such as `2024_Results`. */
const MODULE_FOLDER = /^\d+_(Transformer|Pooling|Normalize|Dense|LayerNorm|Dropout)$/;

/** The folder of a model's graphs for onnxruntime, where transformers.js looks for them. */
export const GRAPHS = "onnx";

/** Whether a name in a directory goes when a model is saved there: graphs of the one before would be taken for the new one's. */
export function goesWithModel(name: string): boolean {
  return name === GRAPHS || name === REPORT_PAGE || isModelFile(name);
}

/** Whether a name in a model's directory is part of the model, as libbert loads it. */
export function isModelFile(name: string): boolean {
  return NAMES.has(name) || isWeightFile(name) || isModuleFolder(name);
}

/** Whether it is a model's weights, or some of them. */
export function isWeightFile(name: string): boolean {
  const isOf = ({ single, index, shard }: WeightForm) => [single, index].includes(name) || shard.test(name);
  return WEIGHT_FORMS.some(isOf) || TENSORFLOW.test(name);
}

export function isModuleFolder(name: string): boolean {
  return MODULE_FOLDER.test(name);
}
