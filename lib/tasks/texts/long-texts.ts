import { z } from "zod";
import type { Checkpoint } from "../../checkpoint/checkpoint.js";
import { dataError } from "../../data/data-error.js";
import { LibbertError } from "../../errors.js";
import type { ConfigJson } from "../../models/model-config.js";
import { optionMeta } from "../../options/option.js";
import { parseFields } from "../../options/parse-fields.js";
import type { Encoding } from "../../tokenizer/encoding.js";
import { type Frame, framed, specialTokenCount } from "../../tokenizer/frame.js";
import { checkDocStride, defaultDocStride, docStrideOption } from "../doc-stride.js";
import type { HeadConfig, Preparation } from "../head.js";

/** How a model reads texts of more tokens than it takes at once: in windows, of whose outputs one is made. */
export interface LongTexts {
  pooling: WindowPooling;
  /** Tokens that neighbouring windows share. */
  docStride: number;
}

/** What a model of whole texts is. */
export interface TextConfig extends HeadConfig {
  /** Null where long texts are cut. */
  longTexts: LongTexts | null;
}

const POOLINGS = ["mean", "max"] as const;
/** What counts of the outputs of a text's windows, for each output apart. */
export type WindowPooling = (typeof POOLINGS)[number];

/** Windows that a text may have: each has its own numbers for dropout (`windowNumbers`). */
const MOST_WINDOWS = 1024;

/** Options of the tasks about whole texts. @param maxSeqLength the task's default */
export function longTextOptions(maxSeqLength: number) {
  return {
    longTexts: z
      .enum(["cut", ...POOLINGS])
      .optional()
      .describe(
        "texts of more than maxSeqLength tokens are cut, or read in windows, of whose outputs the mean or the maximum counts",
      )
      .register(optionMeta, {
        defaultText: "as the model was trained; else they are cut",
        sameOnAllRanks: false,
      }),
    docStride: docStrideOption(maxSeqLength),
  };
}

/** What the options say, or else the model's own files. @throws ERR_OPTION for windows that do not get ahead */
export function longTextsOf({
  checkpoint,
  maxSeqLength,
  options: { longTexts, docStride },
}: Preparation<{ longTexts?: "cut" | WindowPooling; docStride?: number }>): LongTexts | null {
  const stored = fieldsOf(checkpoint);
  const pooling = longTexts ?? stored.long_texts ?? "cut";
  if (pooling === "cut") return null;
  const stride = docStride ?? stored.doc_stride ?? defaultDocStride(maxSeqLength);
  checkDocStride(stride, roomOf(checkpoint.tokenizer.frame, maxSeqLength), maxSeqLength);
  return { pooling, docStride: stride };
}

/**
 * What `config.json` says; null where long texts are cut.
 *
 * @throws LibbertError ERR_CHECKPOINT, also for windows that do not get ahead
 */
export function storedLongTexts(checkpoint: Checkpoint, maxSeqLength: number): LongTexts | null {
  const { long_texts: pooling, doc_stride } = fieldsOf(checkpoint);
  if (!pooling) return null;
  const docStride = doc_stride ?? defaultDocStride(maxSeqLength);
  const room = roomOf(checkpoint.tokenizer.frame, maxSeqLength);
  if (docStride < room) return { pooling, docStride };
  throw new LibbertError(
    "ERR_CHECKPOINT",
    `${checkpoint.source}: Expected at most ${room - 1}, in texts of ${maxSeqLength} tokens, for doc_stride but received ${docStride}`,
  );
}

const storedFields = z.looseObject({
  long_texts: z.enum(POOLINGS).nullish(),
  doc_stride: z.int().min(0).nullish(),
});

function fieldsOf({ json, source }: Checkpoint): z.output<typeof storedFields> {
  return parseFields(storedFields, json, source);
}

/** Tokens of a text that a window holds. */
function roomOf(frame: Frame, maxSeqLength: number): number {
  return maxSeqLength - specialTokenCount(frame, 1);
}

/** The same as fields of `config.json`. */
export function longTextFields(longTexts: LongTexts | null): ConfigJson {
  return { long_texts: longTexts?.pooling, doc_stride: longTexts?.docStride };
}

/**
 * The windows of one text, first to last: each as long as the model reads, but for the last, which ends with the text.
 *
 * @param inputIds of the whole text, in its frame
 * @throws ERR_DATA, naming the location, for a text of too many windows
 */
export function textWindows(
  { inputIds }: Pick<Encoding, "inputIds">,
  { docStride }: LongTexts,
  { frame, maxLength, location }: { frame: Frame; maxLength: number; location: string },
): Encoding[] {
  const ids = inputIds.subarray(frame.open.length, inputIds.length - frame.close.length);
  const capacity = roomOf(frame, maxLength);
  const step = capacity - docStride;
  const count = Math.max(1, Math.ceil((ids.length - docStride) / step));
  if (count > MOST_WINDOWS) {
    const most = docStride + MOST_WINDOWS * step;
    throw dataError(
      location,
      `a text of at most ${most} tokens, which windows of ${maxLength} hold`,
      `${ids.length}`,
    );
  }
  return Array.from({ length: count }, (_, window) => ({
    ...framed([ids.subarray(window * step, window * step + capacity)], frame),
    truncated: false,
  }));
}

/** Numbers of a row's windows that no other row's have: the first has the row's own, as a text without more has. */
export function windowNumbers(row: number, windows: number): number[] {
  return Array.from({ length: windows }, (_, window) => row + window * 2 ** 32);
}
