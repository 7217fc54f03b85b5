/** LayerNorm's parameters were called gamma and beta in the TensorFlow release; transformers renames them on loading, too. */
export function modernName(name: string): string {
  return name.replace(/\.gamma$/, ".weight").replace(/\.beta$/, ".bias");
}

/**
 * Which stored tensor holds each of a model's tensors: wanted name → stored name. A bare encoder lacks the prefix that a model
 * with a head has, and the other way round.
 *
 * @param wanted names as the family's checkpoints have them today
 * @param prefix of the encoder's names: `bert.`
 */
export function matchNames(
  stored: readonly string[],
  wanted: Iterable<string>,
  prefix: string,
): Map<string, string> {
  const storedNames = new Map(stored.map((name) => [modernName(name), name]));
  const found = new Map<string, string>();
  for (const name of wanted) {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const spelling = [name, bare, prefix + name].find((one) => storedNames.has(one));
    if (spelling !== undefined) found.set(name, storedNames.get(spelling)!);
  }
  return found;
}
