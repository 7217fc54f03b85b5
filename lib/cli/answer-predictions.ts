import { extname } from "node:path";
import { dataError } from "../data/data-error.js";
import { readQuestions } from "../data/questions/question-rows.js";
import { describe, LibbertError } from "../errors.js";
import type { AnswerPrediction, QuestionInput } from "../tasks/question-answering/prediction.js";
import type { PredictOptions, TaskPredictions } from "./predict-options.js";

/** A question as the command read it. */
interface PlacedQuestion extends QuestionInput {
  id?: string;
  place: string;
}

const QUESTIONS_PER_CHUNK = 512;

/** Questions and their answers. */
export function answerPredictions(options: PredictOptions, json: boolean): TaskPredictions {
  const { nBest, maxAnswerLength, noAnswerThreshold, output } = options;
  const inputs = questionsOf(options);
  const settings = { nBest, maxAnswerLength, noAnswerThreshold };
  if (output !== undefined && extname(output) === ".json") {
    return { inputs, settings, write: squadEntries(), frame: ["{", "\n}\n"] };
  }
  return { inputs, settings, write: json ? jsonLine : textLine };
}

function questionsOf({ question, context, input }: PredictOptions) {
  if (input !== undefined) {
    if (context === undefined) return readInChunks(input);
    throw new LibbertError("ERR_OPTION", "Expected --context beside --question, not beside --input");
  }
  if (context !== undefined) return [[{ question: question!, context, place: "--question" }]];
  throw new LibbertError("ERR_OPTION", "Expected --context beside --question: the text that may answer it");
}

async function* readInChunks(file: string): AsyncGenerator<PlacedQuestion[]> {
  let chunk: PlacedQuestion[] = [];
  for await (const { answers: _, ...question } of readQuestions(file, { requireAnswers: false })) {
    chunk.push(question);
    if (chunk.length < QUESTIONS_PER_CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function jsonLine({ id, question }: PlacedQuestion, prediction: AnswerPrediction): string {
  return `${JSON.stringify({ id, question, ...prediction })}\n`;
}

function textLine({ question }: PlacedQuestion, { answer, score }: AnswerPrediction): string {
  const cells = [answer ?? "", question].map((text) => text.replace(/[\t\r\n]+/g, " "));
  return `${[cells[0], score.toFixed(4), cells[1]].join("\t")}\n`;
}

/** Writes what SQuAD's scripts read: the answer by the question's id, empty where there is none. */
function squadEntries() {
  const seen = new Set<string>();
  return ({ id, place }: PlacedQuestion, { answer }: AnswerPrediction): string => {
    if (id === undefined) throw dataError(place, "an id, by which a .json file names the answers,", "none");
    if (seen.has(id)) throw dataError(place, "an id that no other question has", describe(id));
    seen.add(id);
    return `${seen.size === 1 ? "" : ","}\n  ${JSON.stringify(id)}: ${JSON.stringify(answer ?? "")}`;
  };
}
