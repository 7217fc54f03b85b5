import type { Checkpoint } from "./checkpoint.js";
import { changedFiles } from "./files-beside.js";
import { surplusLayers } from "./surplus-layers.js";
import type { CheckpointWeights } from "./weights.js";

/** What is to be known of a model that is loaded, and is no error. */
export function loadNotices(checkpoint: Checkpoint, weights: CheckpointWeights): string[] {
  const surplus = checkpoint.layers ? undefined : surplusLayers(weights, checkpoint); // the caller leaves layers out
  const notices = [changedFiles(weights), surplus, guessedCase(checkpoint)];
  return notices.filter((notice) => notice !== undefined);
}

/** Of a model whose vocabulary alone tells whether its texts are lowered. */
function guessedCase({ directory, tokenizer: { guessedLowercase } }: Checkpoint): string | undefined {
  if (guessedLowercase === undefined) return undefined;
  const guess = guessedLowercase
    ? "they are, as the pieces of its vocab.txt have no capital letters"
    : "they are not, as pieces of its vocab.txt have capital letters";
  return `No file in ${directory} says whether texts are lowered: ${guess}; do_lower_case in a tokenizer_config.json decides`;
}
