import { z } from "zod";
import { shown } from "../../options/parse-fields.js";
import { Unsupported } from "./module-entry.js";

/** Empty where a model has nothing to say there. */
const own = z.record(z.string(), z.unknown()).nullish();

const other = z.unknown().optional();

/** What `sentence_bert_config.json` says of texts and of the encoder. */
export const textSchema = z.looseObject({
  max_seq_length: z.int().min(3).nullish(),
  do_lower_case: z.boolean().nullish(),
  transformer_task: z.string().nullish(),
  modality_config: own,
  processing_kwargs: own,
  ...{ query_length: other, document_length: other, query_expansion: other, tokenizer_name_or_path: other },
  ...{ model_args: own, model_kwargs: own, tokenizer_args: own, processor_kwargs: own },
  ...{ config_args: own, config_kwargs: own },
});
export type TextFields = z.output<typeof textSchema>;

/** Arguments that change how weights are kept, or a layer that nothing here is made of, not what vectors and scores are. */
const HARMLESS = [
  "add_pooling_layer",
  "attn_implementation",
  "torch_dtype",
  "dtype",
  "use_safetensors",
  "low_cpu_mem_usage",
  "revision",
  "trust_remote_code", // of which none runs here, nor in Python for these families
  "local_files_only",
  "cache_dir",
  "token",
  "use_fast",
];

/** What a model is for, and the output that is taken of it, in the words of the file. */
export interface TextUse {
  task: string;
  output: string;
}
export const FOR_VECTORS: TextUse = { task: "feature-extraction", output: "last_hidden_state" };
export const FOR_SCORES: TextUse = { task: "sequence-classification", output: "logits" };

/** @throws Unsupported for what changes numbers and is not obeyed */
export function checkTexts(texts: TextFields, use: TextUse): void {
  const { transformer_task: task, modality_config: modalities, processing_kwargs: processing } = texts;
  if (task && task !== use.task) throw new Unsupported(`the transformer_task ${shown(task)}`);
  const text = (modalities?.text ?? {}) as { method?: unknown; method_output_name?: unknown };
  const { method = "forward", method_output_name: output = use.output } = text;
  if (method !== "forward" || output !== use.output)
    throw new Unsupported(`${shown(text)} for texts (modality_config)`);
  if (modalities?.message) throw new Unsupported("texts as messages of a chat (modality_config)");
  for (const name of [
    "query_length",
    "document_length",
    "query_expansion",
    "tokenizer_name_or_path",
  ] as const)
    if (texts[name] != null) throw new Unsupported(`${name} ${shown(texts[name])}`);
  if (Object.values(processing ?? {}).some((own) => Object.keys(Object(own)).length > 0))
    throw new Unsupported(`processing_kwargs ${shown(processing)}`);
  const names = [
    "model_args",
    "model_kwargs",
    "tokenizer_args",
    "processor_kwargs",
    "config_args",
    "config_kwargs",
  ] as const;
  for (const name of names)
    for (const [field, value] of Object.entries(texts[name] ?? {}))
      if (!HARMLESS.includes(field)) throw new Unsupported(`${name}.${field} ${shown(value)}`);
}
