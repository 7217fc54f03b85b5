import { z } from "zod";
import { columnsOption } from "../../options/column-options.js";
import { optionMeta } from "../../options/option.js";
import { type Files, type Format, pathsOf } from "../../options/row-options.js";
import { asCell, counted } from "../../text-format.js";
import type { PredictionFormat, TaskCommandLine } from "../spec.js";
import { givenText, isOfLines, TEXT_FILES, textFlags, textsOfFiles } from "../texts/command-line.js";
import { readWordsInputs, WORD_FILES } from "./inputs.js";
import type { EntityPrediction } from "./prediction.js";
import { reportText } from "./report-text.js";
import type { WordsInput } from "./words.js";

const wordsColumn = z
  .string()
  .optional()
  .describe("column of the text, or of its words")
  .register(optionMeta, { defaultText: "tokens, text or sentence" });

/** Texts, or sentences of words, and the entities in them. */
export const entityCommandLine: TaskCommandLine<WordsInput, EntityPrediction[]> = {
  flags: { text: textFlags.text, columns: columnsOption({ text: wordsColumn }) },
  given: "text",
  inputOf: (flags) => givenText(flags) as string,
  extensions: [...WORD_FILES, ...TEXT_FILES],
  inputsOf,
  text: entityFormat,
  json: () => ({ line: (input, entities) => `${JSON.stringify({ ...contentOf(input), entities })}\n` }),
  report: reportText,
};

function inputsOf(
  files: Files,
  flags: { columns?: { text?: string }; format?: Format },
): AsyncIterable<WordsInput[]> {
  const { columns, format } = flags;
  return pathsOf(files).some((path) => isOfLines(path, format))
    ? (textsOfFiles(files, flags) as AsyncIterable<string[]>)
    : readWordsInputs(files, { column: columns?.text, format });
}

function contentOf(input: WordsInput): object {
  return typeof input === "string" ? { text: input } : { tokens: input };
}

/** Lines for people, who are told where there is nothing to see. */
function entityFormat(): PredictionFormat<WordsInput, EntityPrediction[]> {
  let inputs = 0;
  let without = 0;
  return {
    line(input, entities, index) {
      inputs++;
      if (entities.length === 0) without++;
      return entityLines(input, entities, index);
    },
    notice: () => (without > 0 ? `no entity in ${without} of ${counted(inputs, "input")}` : undefined),
  };
}

/** A line for each entity, which begins with the number of its input, from 1. */
function entityLines(_: WordsInput, entities: EntityPrediction[], index: number): string {
  return entities.map((entity) => `${[index + 1, ...cellsOf(entity)].join("\t")}\n`).join("");
}

function cellsOf({ label, score, start, end, text }: EntityPrediction) {
  return [label, score.toFixed(4), start, end, asCell(text)];
}
