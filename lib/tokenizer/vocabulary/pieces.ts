export const CONTINUING_PREFIX = "##";

/** The vocabulary as it grows: pieces in order of their ids, each once. */
export class Pieces {
  readonly texts: string[] = [];
  readonly #ids = new Map<string, number>();

  /** The id of a piece, which is added if it is new. */
  add(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    this.#ids.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }

  /** `un` and `##able` make `unable`. The result may be there already, made of other parts. */
  join(left: number, right: number): number {
    const rest = this.texts[right]!;
    return this.add(
      this.texts[left]! + (rest.startsWith(CONTINUING_PREFIX) ? rest.slice(CONTINUING_PREFIX.length) : rest),
    );
  }
}
