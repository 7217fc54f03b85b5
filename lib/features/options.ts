import { z } from "zod";
import { optionMeta } from "../options/option.js";
import { docStrideField } from "./doc-stride.js";
import { longTextsOption } from "./long-texts.js";
import type { PromptChoice } from "./prompt.js";

/** How `features()` makes numbers of texts; the descriptions are the command's help. */
export const featureOptions = z.strictObject({
  layers: z
    .array(z.int())
    .min(1)
    .default([-1])
    .describe("layers to take, from 0, the embeddings, or with a minus counted from the last, -1"),
  pooling: z
    .enum(["mean", "cls", "concat", "none"])
    .default("mean")
    .describe(
      "one vector a text, the mean of its tokens or that of `[CLS]`; or, with `concat`, one for each token, layers side by side; or, with `none`, for each layer and token",
    ),
});

export type FeatureSettings = z.output<typeof featureOptions>;

const PROMPT = "the model's default_prompt_name; without one, none";

/** How `embed()` makes them; the descriptions are the command's help. */
export const embedOptions = z.strictObject({
  normalize: z
    .boolean()
    .optional()
    .describe("make vectors of length 1")
    .register(optionMeta, { defaultText: "what the model's modules.json says; without one, true" }),
  prompt: z
    .string()
    .optional()
    .describe("what stands before each text, of a pair before the first")
    .register(optionMeta, { defaultText: PROMPT }),
  promptName: z
    .string()
    .optional()
    .describe(
      "the name of one of the model's prompts (config_sentence_transformers.json), in the place of prompt",
    )
    .register(optionMeta, { defaultText: PROMPT }),
  longTexts: longTextsOption
    .describe(
      "texts of more tokens than the model reads are cut, or read in windows, of whose vectors the mean or the maximum counts",
    )
    .register(optionMeta, { defaultText: "as the model was trained; else they are cut" }),
  docStride: docStrideField().register(optionMeta, {
    unit: "tokens",
    defaultText: "as the model was trained; else 128, or a third of a window",
  }),
  truncateDim: z
    .int()
    .positive()
    .optional()
    .describe("keep the first N numbers of each vector, before it is made of length 1")
    .register(optionMeta, { unit: "numbers", defaultText: "what the model's files say; without them, all" }),
});

export type EmbedSettings = z.output<typeof embedOptions> & PromptChoice;

/** What is made of one text. */
export interface EmbeddedText {
  vector: Float32Array;
  tokens: number;
  truncated?: true;
}

/** A vector, as `embed()` gives it or of one's own. */
export type Vector = Float32Array | readonly number[];

/** The vector of one text. */
export type SentenceVector = Float32Array & {
  /** How many tokens the model read, special tokens and those of a prompt included; of a text in windows, all of theirs. */
  readonly tokens: number;
  /** There where the text had more tokens than the model reads, and the vector is of its beginning. */
  truncated?: true;
};

/** The features of one text. n tokens, L layers, H units. */
export interface Features {
  /** Row-major, in the shape that `shape` tells. */
  values: Float32Array;
  /** `mean` and `cls`: [L H]. `concat`: [n, L H]. `none`: [L, n, H]. */
  shape: number[];
  /** There where the text had more tokens than the model reads, and the features are of its beginning. */
  truncated?: true;
  /** The n tokens, with `[CLS]` and `[SEP]`; with `concat` and `none`. */
  tokens?: TokenSpan[];
}

/** A token, and where it stands. */
export interface TokenSpan {
  /** As the vocabulary has it, such as `##ing`. */
  token: string;
  /** Of a pair, the text that it is of. */
  text: 0 | 1;
  /** In its text, in UTF-16 units as `slice` takes them; 0, 0 for special tokens. */
  start: number;
  /** Behind its last UTF-16 unit. */
  end: number;
}
