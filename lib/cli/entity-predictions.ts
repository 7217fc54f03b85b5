import { extname } from "node:path";
import { readWordsInputs } from "../data/tagging/inputs.js";
import type { WordsInput } from "../data/tagging/words.js";
import type { EntityPrediction } from "../tasks/token-classification/prediction.js";
import type { PredictOptions, TaskPredictions } from "./predict-options.js";
import { readTexts } from "./text-input.js";

const INPUTS_PER_CHUNK = 512;

/** Texts, or sentences of words, and the entities in them. */
export function entityPredictions(options: PredictOptions, json: boolean): TaskPredictions {
  return { inputs: inputsOf(options), settings: {}, write: json ? jsonLine : entityLines() };
}

function inputsOf({ text, input, columns }: PredictOptions) {
  if (input === undefined) return [[text!]];
  if (input === "-" || extname(input).toLowerCase() === ".txt") return readTexts(input);
  return readInChunks(input, columns?.text);
}

async function* readInChunks(file: string, column: string | undefined): AsyncGenerator<WordsInput[]> {
  let chunk: WordsInput[] = [];
  for await (const input of readWordsInputs(file, column)) {
    chunk.push(input);
    if (chunk.length < INPUTS_PER_CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function jsonLine(input: WordsInput, entities: EntityPrediction[]): string {
  const content = typeof input === "string" ? { text: input } : { tokens: input };
  return `${JSON.stringify({ ...content, entities })}\n`;
}

/** A line for each entity, which begins with the number of its input. */
function entityLines() {
  let number = 0;
  return (_: WordsInput, entities: EntityPrediction[]): string => {
    number++;
    return entities.map((entity) => `${number}\t${cellsOf(entity).join("\t")}\n`).join("");
  };
}

function cellsOf({ label, score, start, end, text }: EntityPrediction) {
  return [label, score.toFixed(4), start, end, text.replace(/[\t\r\n]+/g, " ")];
}
