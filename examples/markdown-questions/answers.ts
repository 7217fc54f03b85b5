import { type EncoderModel, indexVectors, type Model } from "../../lib/index.js";
import type { Passage } from "./passages.js";

/** An answer, word for word, and where it stands. */
export interface Answer {
  answer: string;
  file: string;
  /** From 1. */
  line: number;
  heading: string;
  /** From 0 to 1: how well the passage goes with the question, times how sure the reader is of the answer in it. */
  score: number;
}

/** So many passages are read for a question. */
const PASSAGES = 8;

/** What answers questions from some passages. */
export interface Library extends AsyncDisposable {
  /** The best answer first; none where no passage answers it. */
  ask(question: string): Promise<Answer[]>;
}

/** @param encoder finds passages @param reader finds answers in them */
export async function openLibrary(
  passages: readonly Passage[],
  encoder: EncoderModel,
  reader: Model<"question-answering">,
): Promise<Library> {
  const texts = passages.map(({ heading, text }) => `${heading}. ${text}`);
  const index = await indexVectors(await encoder.encodeDocument(texts));

  async function ask(question: string): Promise<Answer[]> {
    const [found] = await index.search(await encoder.encodeQuery([question]), { topK: PASSAGES });
    const read = found!.map(({ index }) => passages[index]!);
    const predictions = await reader.predict(read.map(({ text }) => ({ question, context: text })));
    const answers = predictions.flatMap(({ answer, start, score }, place) => {
      if (answer === null || start === null) return []; // the passage does not say
      const { file, heading, line, text } = read[place]!;
      const linesBefore = text.slice(0, start).split("\n").length - 1;
      const isAlike = Math.max(0, found![place]!.score);
      return [{ answer, file, line: line + linesBefore, heading, score: score * isAlike }];
    });
    return answers.sort((a, b) => b.score - a.score);
  }
  return { ask, [Symbol.asyncDispose]: () => index.dispose() };
}
