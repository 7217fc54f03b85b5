/** Parts of the names of what BERT's optimizer keeps beside the weights. */
const OF_TRAINING = new Set(["adam_m", "adam_v", "global_step", "AdamWeightDecayOptimizer"]);

/** The heads of `run_classifier.py`, `run_squad.py` and pre-training, in google-research/bert. */
const HEADS: ReadonlyMap<string, string> = new Map([
  ["output_weights", "classifier.weight"],
  ["output_bias", "classifier.bias"],
  ["cls/squad/output_weights", "qa_outputs.weight"],
  ["cls/squad/output_bias", "qa_outputs.bias"],
  ["cls/predictions/output_bias", "cls.predictions.bias"],
  ["cls/seq_relationship/output_weights", "cls.seq_relationship.weight"],
  ["cls/seq_relationship/output_bias", "cls.seq_relationship.bias"],
]);

/** What transformers calls a variable of BERT's own code; null for one of the training alone. */
export function transformersName(variable: string): string | null {
  const parts = variable.split("/");
  if (parts.some((part) => OF_TRAINING.has(part))) return null;
  return (
    HEADS.get(variable) ??
    parts
      .join(".")
      .replace(/\.layer_(\d+)\./, ".layer.$1.")
      .replace(/\.(kernel|gamma)$/, ".weight")
      .replace(/\.beta$/, ".bias")
      .replace(/_embeddings$/, "_embeddings.weight")
  );
}

/** Whether a variable is a matrix whose columns are torch's rows. */
export function isKernel(variable: string): boolean {
  return variable.endsWith("/kernel");
}
