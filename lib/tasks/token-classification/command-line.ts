import { extname } from "node:path";
import { z } from "zod";
import { columnsOption } from "../../options/column-options.js";
import { optionMeta } from "../../options/option.js";
import { asCell } from "../../text-format.js";
import type { TaskCommandLine } from "../spec.js";
import { textFlags, textsOfFile } from "../texts/command-line.js";
import { readWordsInputs } from "./inputs.js";
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
  inputOf: ({ text }) => text as string,
  inputsOf,
  text: () => ({ line: entityLines }),
  json: () => ({ line: (input, entities) => `${JSON.stringify({ ...contentOf(input), entities })}\n` }),
  report: reportText,
};

function inputsOf(file: string, { columns }: { columns?: { text?: string } }): AsyncIterable<WordsInput[]> {
  const isText = file === "-" || extname(file).toLowerCase() === ".txt";
  return isText ? (textsOfFile(file, {}) as AsyncIterable<string[]>) : readWordsInputs(file, columns?.text);
}

function contentOf(input: WordsInput): object {
  return typeof input === "string" ? { text: input } : { tokens: input };
}

/** A line for each entity, which begins with the number of its input, from 1. */
function entityLines(_: WordsInput, entities: EntityPrediction[], index: number): string {
  return entities.map((entity) => `${[index + 1, ...cellsOf(entity)].join("\t")}\n`).join("");
}

function cellsOf({ label, score, start, end, text }: EntityPrediction) {
  return [label, score.toFixed(4), start, end, asCell(text)];
}
