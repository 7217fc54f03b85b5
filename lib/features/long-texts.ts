import { z } from "zod";
import { expected, LibbertError } from "../errors.js";
import type { ConfigJson, ModelConfig } from "../models/model-config.js";
import { parseFields } from "../options/parse-fields.js";
import { type Frame, specialTokenCount } from "../tokenizer/frame.js";
import { checkDocStride, defaultDocStride } from "./doc-stride.js";

/** How a model reads texts of more tokens than it takes at once: in windows, of whose outputs one is made. */
export interface LongTexts {
  pooling: WindowPooling;
  /** Tokens that neighbouring windows share. */
  docStride: number;
}

const POOLINGS = ["mean", "max"] as const;
/** What counts of the outputs of a text's windows, for each output apart. */
export type WindowPooling = (typeof POOLINGS)[number];

/** What is to become of long texts. */
export const longTextsOption = z.enum(["cut", ...POOLINGS]).optional();

/** What a caller says of long texts. */
export interface LongTextChoice {
  longTexts?: "cut" | WindowPooling;
  docStride?: number;
}

/** What a window of a model holds. */
interface WindowSize {
  frame: Frame;
  /** Tokens, special tokens included. */
  maxSeqLength: number;
}

/**
 * What a caller says, or else the model's own files.
 *
 * @throws LibbertError ERR_OPTION for windows that do not get ahead, and for a stride where texts are cut
 */
export function chosenLongTexts(
  { longTexts, docStride }: LongTextChoice,
  stored: Partial<LongTexts>,
  { frame, maxSeqLength }: WindowSize,
): LongTexts | null {
  const pooling = longTexts ?? stored.pooling ?? "cut";
  if (pooling === "cut") {
    if (docStride === undefined) return null;
    throw expected(
      "no value, as long texts are cut, unless longTexts says otherwise,",
      "docStride",
      docStride,
    );
  }
  const stride = docStride ?? stored.docStride ?? defaultDocStride(maxSeqLength);
  checkDocStride(stride, roomOf(frame, maxSeqLength), maxSeqLength);
  return { pooling, docStride: stride };
}

/**
 * What `config.json` says; null where long texts are cut.
 *
 * @throws LibbertError ERR_CHECKPOINT, also for windows that do not get ahead
 */
export function storedLongTexts(config: ModelConfig, { frame, maxSeqLength }: WindowSize): LongTexts | null {
  const { pooling, docStride = defaultDocStride(maxSeqLength) } = storedChoice(config);
  if (pooling === undefined) return null;
  const room = roomOf(frame, maxSeqLength);
  if (docStride < room) return { pooling, docStride };
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${config.source}: Expected at most ${room - 1}, in texts of ${maxSeqLength} tokens, for doc_stride but received ${docStride}`,
  );
}

const storedFields = z.looseObject({
  long_texts: z.enum(POOLINGS).nullish(),
  doc_stride: z.int().min(0).nullish(),
});

/** What `config.json` says, as it is. @throws LibbertError ERR_CHECKPOINT */
export function storedChoice({ json, source }: ModelConfig): Partial<LongTexts> {
  const { long_texts: pooling, doc_stride: docStride } = parseFields(storedFields, json, source);
  return { pooling: pooling ?? undefined, docStride: docStride ?? undefined };
}

/** The same as fields of `config.json`. */
export function longTextFields(longTexts: LongTexts | null): ConfigJson {
  return { long_texts: longTexts?.pooling, doc_stride: longTexts?.docStride };
}

/** Tokens of a text that a window holds. */
export function roomOf(frame: Frame, maxSeqLength: number): number {
  return maxSeqLength - specialTokenCount(frame, 1);
}
