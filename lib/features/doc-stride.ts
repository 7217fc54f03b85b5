import { z } from "zod";
import { expected } from "../errors.js";
import { optionMeta } from "../options/option.js";

/** Tokens that neighbouring windows share in the paper's code. */
const DOC_STRIDE = 128;

/** The stride of windows of so many tokens: 128 of 384, and no more than a third of shorter ones. */
export function defaultDocStride(maxSeqLength: number): number {
  return Math.min(DOC_STRIDE, Math.floor(maxSeqLength / 3));
}

/** The option of whatever reads long texts in windows, without what is said of its default. */
export function docStrideField() {
  return z.int().min(0).optional().describe("tokens that neighbouring windows of a long text share");
}

/** The option of a task that reads long texts in windows. @param ofTask the default of the task's `maxSeqLength` */
export function docStrideOption(ofTask: number) {
  return docStrideField().register(optionMeta, {
    unit: "tokens",
    defaultText: "128, or a third of maxSeqLength",
    isDefault: (stride: number, { maxSeqLength = ofTask }: { maxSeqLength?: number }) =>
      stride === defaultDocStride(maxSeqLength),
    sameOnAllRanks: false,
  });
}

/**
 * @param room tokens that a window has for the text that is cut into windows
 * @throws LibbertError ERR_OPTION for a stride with which windows would not get ahead
 */
export function checkDocStride(docStride: number, room: number, maxSeqLength: number): void {
  if (docStride >= room)
    throw expected(`at most ${room - 1}, with maxSeqLength ${maxSeqLength},`, "docStride", docStride);
}
