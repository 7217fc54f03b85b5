import { MANY_UNKNOWN } from "../data/corpus/manifest.js";
import type { Examples } from "../tasks/head.js";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.js";

/** A sentence where many words of some texts are not in the vocabulary: a model cannot tell them from each other. */
export function unknownNotice({ tokens }: Pick<Examples, "tokens">, tokenizer: TextTokenizer): string | null {
  const special = new Set(tokenizer.specialTokens.map((token) => tokenizer.tokenToId(token)));
  const { unkId } = tokenizer;
  let [known, unknown] = [0, 0];
  for (const ids of tokens()) {
    for (const id of ids) {
      if (id === unkId) unknown++;
      else if (!special.has(id)) known++;
    }
  }
  const share = unknown / (known + unknown);
  if (!(share > MANY_UNKNOWN)) return null;
  const percent = (100 * share).toFixed(0);
  return `${percent} % of the tokens are ${tokenizer.idToToken(unkId)}: the model's vocabulary does not fit the texts`;
}
