import { dataError } from "../../data/data-error.js";
import { abridged } from "../../errors.js";

/** So many words in turn are no coincidence. */
const WORDS_THAT_TELL = 20;
/** A shorter file could have none but words with spaces. */
const FEWEST_WORDS = 2;

/** Notices that what is taken for words holds other columns, too, which are apart by spaces where others are by tabs. */
export class SpacedWords {
  #areSpaced = true;
  #words = 0;
  #first = { word: "", line: 0 };

  constructor(readonly path: string) {}

  /** Takes the next word. @throws as `end()` does, as soon as there are enough */
  add(word: string, line: number): void {
    this.#areSpaced &&= word.trim().includes(" ");
    if (!this.#areSpaced) return;
    if (this.#words++ === 0) this.#first = { word, line };
    if (this.#words === WORDS_THAT_TELL) this.end();
  }

  /** @throws LibbertError ERR_DATA where all words so far have spaces within */
  end(): void {
    if (!this.#areSpaced || this.#words < FEWEST_WORDS) return;
    const { word, line } = this.#first;
    const what = "columns that are all apart by tabs, or all by spaces,";
    throw dataError(`${this.path}, line ${line}`, what, `${JSON.stringify(abridged(word))} between tabs`);
  }
}
