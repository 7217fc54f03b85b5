/** XQuAD as the golden values of SQuAD's windows and answers have it. */
import { existsSync } from "node:fs";
import {
  type EncodedQuestions,
  encodeQuestions,
} from "../../lib/tasks/question-answering/encoded-questions.js";
import { readQuestions } from "../../lib/tasks/question-answering/rows.js";
import { TextTokenizer } from "../../lib/tokenizer/text-tokenizer.js";
import { goldenJson } from "./golden.js";
import { MINILM, withoutMiniLM } from "./networks.js";

const XQUAD = "../shared/data/xquad";

/** What a test of XQuAD passes as `skip`: a reason where its files, or the tokenizer's, are missing. */
export const withoutXquad = withoutMiniLM || (existsSync(XQUAD) ? false : `${XQUAD} is missing`);

export const LANGUAGES = ["en", "es", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What the golden values were made with. */
export interface SquadGolden {
  settings: {
    maxLength: number;
    docStride: number;
    nBest: number;
    maxAnswerLength: number;
    nullThreshold: number;
  };
  sha256OfIds: Record<Language, string>;
}

export const squadGolden = goldenJson<SquadGolden>("squad_answers.json");

export function xquadPath(language: Language): string {
  return `${XQUAD}/xquad.${language}.json`;
}

/** All questions of a language in windows, tokenized by MiniLM's tokenizer: English, and Chinese by the character. */
export async function xquad(language: Language): Promise<EncodedQuestions> {
  const tokenizer = await TextTokenizer.load(MINILM);
  return encodeQuestions(readQuestions(xquadPath(language)), tokenizer, squadGolden.settings);
}
