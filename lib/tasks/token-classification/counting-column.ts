import { LibbertError } from "../../errors.js";

/** After so many sentences that are all numbered, the column is one of numbers. */
const SENTENCES_THAT_TELL = 10;
/** A shorter file could happen to say "1 2". */
const FEWEST_WORDS = 3;

/** Notices that the column taken for the words counts them, as CoNLL-U and GermEval do: 1, 2, 3, and from 1 again. */
export class CountingColumn {
  #isCounting = true;
  #previous: number | null = null; // of its sentence
  #last = -1;
  #words = 0;
  #sentences = 0;
  #firstLine = 0;

  constructor(readonly path: string) {}

  /** Takes the next word of a sentence. */
  add(word: string, lineNumber: number): void {
    if (!this.#isCounting) return;
    if (this.#words++ === 0) this.#firstLine = lineNumber;
    const number = /^\d{1,9}$/.test(word) ? Number(word) : Number.NaN;
    const goesOn = number === this.#last + 1;
    const beginsAgain = this.#previous === null && (number === 0 || number === 1);
    this.#isCounting = goesOn || beginsAgain;
    this.#previous = number;
    this.#last = number;
  }

  endSentence(): void {
    this.#previous = null;
    if (++this.#sentences === SENTENCES_THAT_TELL) this.end();
  }

  /** @throws LibbertError ERR_DATA where all words so far were numbers in turn */
  end(): void {
    if (!this.#isCounting || this.#words < FEWEST_WORDS) return;
    throw new LibbertError(
      "ERR_DATA",
      `${this.path}, line ${this.#firstLine}: Expected words in the first column but received numbers that count ` +
        'them: name the column of the words with columns.text ("2"), or "1" if the numbers are the words',
    );
  }
}
