/** A special or unused token, such as `[CLS]` or `<S>`. */
const SPECIAL = /^(\[.*\]|<.*>)$/;
const CAPITAL = /\p{Lu}/u;
/** Of the pieces of BERT's uncased vocabularies none has a capital letter; whoever uses one may have named unused pieces. */
const MOST_CAPITALS = 0.01;

/**
 * Whether a vocabulary was learnt from texts in lower case, for files that do not say: BERT's own code is told by its caller. Pieces
 * with capital letters are never found in a text that was lowered.
 */
export function isUncased(pieces: readonly string[]): boolean {
  const words = pieces.filter((piece) => !SPECIAL.test(piece));
  return words.filter((piece) => CAPITAL.test(piece)).length <= MOST_CAPITALS * words.length;
}
