import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { loadWeights } from "../../checkpoint/load-weights.js";
import { CheckpointWeights } from "../../checkpoint/weights.js";
import { LibbertError } from "../../errors.js";
import type { BertConfig } from "../../models/bert-config.js";
import { BertModel } from "../../models/bert-model.js";
import { withoutInitialisation } from "../../nn/init.js";
import { type Checkpoint, longestInput } from "../checkpoint.js";
import type { Compute } from "../compute.js";
import { LoadedModel } from "../fine-tuning/loaded-model.js";

/** An encoder without a layer on top: good for features and embeddings. */
export class EncoderModel extends LoadedModel<BertModel<boolean>> {
  readonly architecture = "BertModel";
  readonly labels = [];

  /** Whatever layer the checkpoint has on top is passed over. */
  static load(checkpoint: Checkpoint, compute: Compute): EncoderModel {
    const { directory, config, tokenizer } = checkpoint;
    const network = withoutInitialisation(() => new BertModel(config, { pooler: hasPooler(directory) }));
    loadWeights(network, directory, { mayIgnore: ["cls.", "classifier.", "qa_outputs."] });
    const maxSeqLength = Math.min(longestInput(checkpoint), sentenceLength(directory));
    return new EncoderModel({ network, config, tokenizer, compute, maxSeqLength }, network);
  }

  protected configFields(): Partial<BertConfig> {
    return {};
  }
}

/** It has no part in features, but is saved again. */
function hasPooler(directory: string): boolean {
  using weights = new CheckpointWeights(directory);
  return weights.names().some((name) => /^(bert\.)?pooler\./.test(name));
}

const sentenceSchema = z.object({ max_seq_length: z.int().min(3).nullish() });

/** How many tokens sentence-transformers reads of a text with this model, where its file says so. */
function sentenceLength(directory: string): number {
  const path = join(directory, "sentence_bert_config.json");
  if (!existsSync(path)) return Number.POSITIVE_INFINITY;
  try {
    const { max_seq_length } = sentenceSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    return max_seq_length ?? Number.POSITIVE_INFINITY;
  } catch (error) {
    throw new LibbertError("ERR_CHECKPOINT", `${path} is damaged: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
