/**
 * Four ways in which published BERT checkpoints spell a name other than today's transformers does. Each rule is one
 * that transformers itself applies on loading.
 */

/** Which stored tensor holds each of the model's tensors: model's name → stored name. */
export function matchNames(stored: readonly string[], wanted: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of stored) {
    const modern = modernName(name);
    // A bare encoder (saved from BertModel) lacks the prefix that a model with a head has, and the other way round.
    const spellings = [modern, `bert.${modern}`, modern.replace(/^bert\./, "")];
    const match = spellings.find((spelling) => wanted.has(spelling));
    if (match !== undefined && !found.has(match)) found.set(match, name);
  }
  return found;
}

/** LayerNorm's parameters were called gamma and beta in the TensorFlow release. */
function modernName(name: string): string {
  return name.replace(/\.gamma$/, ".weight").replace(/\.beta$/, ".bias");
}

/** True for stored tensors that hold nothing to learn, or a second copy of something stored elsewhere. */
export function isRedundant(name: string): boolean {
  return (
    name.endsWith("embeddings.position_ids") || // 0, 1, 2, …: a buffer in older versions
    /(^|\.)predictions\.decoder\.(weight|bias)$/.test(name) // tied to the word embeddings and to predictions.bias
  );
}
