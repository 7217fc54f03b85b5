import type { Checkpoint } from "../../checkpoint/checkpoint.js";
import { docStrideOption } from "../../features/doc-stride.js";
import {
  chosenLongTexts,
  type LongTextChoice,
  type LongTexts,
  longTextsOption,
  storedChoice,
  storedLongTexts,
} from "../../features/long-texts.js";
import { optionMeta } from "../../options/option.js";
import type { HeadConfig, Preparation } from "../head.js";

/** What a model of whole texts is. */
export interface TextConfig extends HeadConfig {
  /** Null where long texts are cut. */
  longTexts: LongTexts | null;
}

/** Options of the tasks about whole texts. @param maxSeqLength the task's default @param made what is made of a window */
export function longTextOptions(maxSeqLength: number, made: "outputs" | "vectors" = "outputs") {
  return {
    longTexts: longTextsOption
      .describe(
        `texts of more than maxSeqLength tokens are cut, or read in windows, of whose ${made} the mean or the maximum counts`,
      )
      .register(optionMeta, {
        defaultText: "as the model was trained; else they are cut",
        sameOnAllRanks: false,
      }),
    docStride: docStrideOption(maxSeqLength),
  };
}

/** What the options say, or else the model's own files. @throws ERR_OPTION as `chosenLongTexts` */
export function longTextsOf({
  checkpoint,
  maxSeqLength,
  options,
}: Pick<Preparation<LongTextChoice>, "checkpoint" | "maxSeqLength" | "options">): LongTexts | null {
  const { frame } = checkpoint.tokenizer;
  return chosenLongTexts(options, storedChoice(checkpoint), { frame, maxSeqLength });
}

/** What `config.json` says; null where long texts are cut. @throws LibbertError ERR_CHECKPOINT as `storedLongTexts` */
export function longTextsOfModel(checkpoint: Checkpoint, maxSeqLength: number): LongTexts | null {
  return storedLongTexts(checkpoint, { frame: checkpoint.tokenizer.frame, maxSeqLength });
}

/** Numbers of a row's windows that no other row's have: the first has the row's own, as a text without more has. */
export function windowNumbers(row: number, windows: number): number[] {
  return Array.from({ length: windows }, (_, window) => row + window * 2 ** 32);
}
