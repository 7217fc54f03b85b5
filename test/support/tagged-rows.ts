import { CounterRandom } from "../../lib/counter-random.js";
import { tinyTraining } from "./tiny-training.js";

/** Options for the tiny model; 15 epochs of `taggedRows(120)` teach it, within seconds, what the tags mean. */
export const tinyTagging = {
  task: "token-classification",
  model: "test/golden/data/tiny-bert",
  ...tinyTraining,
} as const;

const ADJECTIVES = ["good", "great", "bad", "poor", "dull", "quick", "slow", "funny"];
const WORKS = ["film", "story"];
const PARTS = ["plot", "scene", "music", "ending"];
const PEOPLE = ["actor", "cast"];

/** A sentence's words, and which of them are entities. */
export type TaggedRow = { tokens: string[]; tags: string[] };

/**
 * One to three sentences a row with works, alone or with a part of theirs, and people: the same for the same numbers.
 * "the good [film music] was quick . the [actor] was dull ,"
 */
export function taggedRows(count: number, first = 0): TaggedRow[] {
  return Array.from({ length: count }, (_, index) => {
    const random = new CounterRandom(17, first + index);
    let draws = 0;
    const oneOf = (choices: readonly string[]) =>
      choices[Math.floor(random.uniform(draws++) * choices.length)]!;
    const sentences = Array.from({ length: 1 + ((first + index) % 3) }, () => sentenceOf(oneOf));
    return rowFrom(sentences.join(" "));
  });
}

function sentenceOf(oneOf: (choices: readonly string[]) => string): string {
  const work = `${oneOf(WORKS)}/B-work${oneOf(["", ` ${oneOf(PARTS)}/I-work`])}`;
  const person = `${oneOf(PEOPLE)}/B-person`;
  const end = `was/O ${oneOf(ADJECTIVES)}/O ${oneOf([".", ",", "and"])}/O`;
  return oneOf([
    `the/O ${oneOf(ADJECTIVES)}/O ${work} ${end}`,
    `the/O ${person} ${end}`,
    `and/O the/O ${person} of/O the/O ${work} ${end}`,
    `${person} ,/O ${work} ${end}`,
  ]);
}

/** "Anna/B-person sings/O" */
export function rowFrom(text: string): TaggedRow {
  const pairs = text.split(" ").map((pair) => pair.split("/") as [string, string]);
  return { tokens: pairs.map(([word]) => word), tags: pairs.map(([, tag]) => tag) };
}

/** Rows as a CoNLL file has them. */
export function conllOf(rows: readonly TaggedRow[], separator = "\t"): string {
  return rows
    .map(({ tokens, tags }) => tokens.map((word, index) => `${word}${separator}${tags[index]}\n`).join(""))
    .join("\n");
}
