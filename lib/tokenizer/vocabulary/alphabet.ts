/** As many characters as enter a vocabulary, as in Hugging Face's trainer. */
const MAX_CHARACTERS = 1000;

/** The characters that a vocabulary covers, as code points in ascending order. */
export interface Alphabet {
  /** All of them: each becomes a piece that begins a word. */
  characters: number[];
  /** Those that also come later in a word: each becomes a `##` piece too. */
  continuations: number[];
  /** Characters of the text that are too rare to be covered. */
  dropped: number;
}

/** The 1,000 most frequent characters of the words; among equals, those that Unicode has first. */
export function alphabetOf(words: ReadonlyMap<string, number>): Alphabet {
  const counts = new Map<number, number>();
  const continuing = new Set<number>();
  for (const [word, count] of words) {
    let position = 0;
    for (const character of word) {
      const code = character.codePointAt(0)!;
      counts.set(code, (counts.get(code) ?? 0) + count);
      if (position++ > 0) continuing.add(code);
    }
  }
  const byCount = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  const characters = byCount.slice(0, MAX_CHARACTERS).map(([code]) => code);
  characters.sort((a, b) => a - b);
  const continuations = characters.filter((code) => continuing.has(code));
  return { characters, continuations, dropped: counts.size - characters.length };
}
