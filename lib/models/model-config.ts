import { LibbertError } from "../errors.js";
import { isObject } from "../is-object.js";
import type { EncoderConfig } from "./encoder-config.js";
import { bert } from "./families/bert.js";
import type { Family } from "./families/family.js";
import { familyOf } from "./families/find-family.js";

/** The fields of a `config.json`, as they stand there. */
export type ConfigJson = Readonly<Record<string, unknown>>;

/** What a `config.json` says: the family, the encoder's shape, and all fields, for whoever knows more of them. */
export interface ModelConfig {
  /** Whose architecture it has. */
  family: Family;
  /** The shape of its encoder. */
  encoder: EncoderConfig;
  /** Everything that the file says. */
  json: ConfigJson;
  /** What errors call the file. */
  source: string;
}

/**
 * @param source what an error calls the file
 * @throws LibbertError ERR_CHECKPOINT for an unknown family, or a field that is wrong
 */
export function parseModelConfig(json: unknown, source: string): ModelConfig {
  if (!isObject(json)) throw new LibbertError("ERR_CHECKPOINT", `${source}: Expected a JSON object`);
  const family = familyOf(json, source);
  const named = withOwnNames(json, family);
  return { family, encoder: family.parseConfig(named, source), json: named, source };
}

/** The fields under the family's own names; where there are two for one, the other name counts, as in transformers. */
function withOwnNames(json: ConfigJson, { aliases = {} }: Family): ConfigJson {
  const isAlias = (name: string) => Object.hasOwn(aliases, name);
  const own = Object.entries(json).filter(([name]) => !isAlias(name));
  const others = Object.entries(json).filter(([name]) => isAlias(name));
  return Object.fromEntries([...own, ...others.map(([name, value]) => [aliases[name]!, value])]);
}

/** Layers and width of the published sizes: BERT's own two, and the four miniatures of Turc et al. (2019). */
const SIZES = {
  tiny: [2, 128],
  mini: [4, 256],
  small: [4, 512],
  medium: [8, 512],
  base: [12, 768],
  large: [24, 1024],
} as const;

/** The sizes that BERT was released in, from 2 layers of width 128 to 24 of width 1024. */
export type BertSize = keyof typeof SIZES;

/**
 * The configuration of a BERT of a published size.
 *
 * @param fields of `config.json`, that take the place of the size's own
 */
export function bertPreset(size: BertSize, fields: ConfigJson = {}): ModelConfig {
  const [layers, hidden] = SIZES[size];
  const json = {
    model_type: bert.modelType,
    vocab_size: 30522,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: hidden / 64,
    intermediate_size: 4 * hidden,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    initializer_range: 0.02,
    layer_norm_eps: 1e-12,
    ...fields,
  };
  return parseModelConfig(json, `preset ${size}`);
}
