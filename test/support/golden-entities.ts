import { entitiesOf } from "../../lib/tasks/token-classification/entity-spans.js";
import { goldenJson } from "./golden.js";

interface GoldenText {
  text: string;
  words: { tag: string; start: number; end: number; score: number }[];
}

/** The texts of a golden tagger, with the entities of their words as transformers tags them. */
export function goldenEntities(name: string) {
  const { texts } = goldenJson<{ texts: GoldenText[] }>(`families/${name}.json`);
  return texts.map((golden) => ({ text: golden.text, entities: entitiesIn(golden) }));
}

/** White space between words is a word to some tokenizers, not to libbert. */
function entitiesIn({ text, words }: GoldenText) {
  const written = words.filter(({ start, end }) => text.slice(start, end).trim() !== "");
  return entitiesOf(written.map(({ tag }) => tag)).map(({ type: label, start, end }) => {
    const own = written.slice(start, end);
    const score = own.reduce((sum, word) => sum + word.score, 0) / own.length;
    return { label, start: own[0]!.start, end: own.at(-1)!.end, score };
  });
}
