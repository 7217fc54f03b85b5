import { expected } from "../../errors.js";
import { SENTENCE_TEXT_FILES } from "../../files/model-files.js";
import type { SentenceFiles, SentencePooling } from "./model.js";
import { MODULES } from "./modules.js";

/** How vectors are to be made of a model whose files do not say it. */
export interface NewSentenceModel {
  pooling: SentencePooling;
  /** Whether they are made of length 1. */
  normalize: boolean;
}

interface Sizes {
  hiddenSize: number;
  maxSeqLength: number;
}

/** The field of old versions for each pooling, which all versions read. */
const FIELD: Record<SentencePooling, string> = {
  cls: "pooling_mode_cls_token",
  max: "pooling_mode_max_tokens",
  mean: "pooling_mode_mean_tokens",
  mean_sqrt_len_tokens: "pooling_mode_mean_sqrt_len_tokens",
  weightedmean: "pooling_mode_weightedmean_tokens",
  lasttoken: "pooling_mode_lasttoken",
};

/**
 * What a model's files say when those are among them with which sentence-transformers, of any version, makes such vectors.
 *
 * @throws LibbertError ERR_OPTION for a model that has such files already
 */
export function newSentenceModel(
  sentences: SentenceFiles,
  newModel: NewSentenceModel,
  sizes: Sizes,
): SentenceFiles {
  const { pooling, normalize } = newModel;
  if (sentences.files.has(MODULES))
    throw expected(`no value, as the model's ${MODULES} says how vectors are made,`, "pooling", pooling);
  const layers = normalize ? [{ kind: "normalize" } as const] : [];
  return {
    ...sentences,
    model: { poolings: [pooling], includePrompt: true, layers },
    files: new Map([...sentences.files, ...filesOf(newModel, sizes)]),
  };
}

/** By their paths in the model's directory. */
function filesOf(
  { pooling, normalize }: NewSentenceModel,
  { hiddenSize, maxSeqLength }: Sizes,
): [string, Uint8Array][] {
  const types = ["Transformer", "Pooling", ...(normalize ? ["Normalize"] : [])];
  const modules = types.map((type, idx) => ({
    idx,
    name: String(idx),
    path: idx === 0 ? "" : `${idx}_${type}`,
    type: `sentence_transformers.models.${type}`,
  }));
  const modes = Object.entries(FIELD).map(([name, field]) => [field, name === pooling]);
  const contents: [string, unknown][] = [
    [MODULES, modules],
    ["1_Pooling/config.json", { word_embedding_dimension: hiddenSize, ...Object.fromEntries(modes) }],
    [SENTENCE_TEXT_FILES[0]!, { max_seq_length: maxSeqLength, do_lower_case: false }],
  ];
  const bytesOf = (json: unknown) => Buffer.from(`${JSON.stringify(json, null, 2)}\n`);
  return contents.map(([path, json]) => [path, bytesOf(json)]);
}
