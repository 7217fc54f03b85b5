import { MANY_UNKNOWN } from "../data/corpus/manifest.js";
import type { Examples } from "../tasks/head.js";
import type { TextTokenizer } from "../tokenizer/text-tokenizer.js";

/** What should be known of training rows of any task, in sentences. */
export function rowNotices(rows: Pick<Examples, "tokens">, tokenizer: TextTokenizer): string[] {
  return [unknownNotice(rows, tokenizer), sameNotice(rows)].filter((notice) => notice !== null);
}

/** A sentence where all texts are one: a column may have been taken that is not the text's. */
function sameNotice({ tokens }: Pick<Examples, "tokens">): string | null {
  const [first, ...others] = tokens();
  const isFirst = (ids: Int32Array) =>
    ids.length === first!.length && ids.every((id, at) => id === first![at]);
  return others.length > 0 && others.every(isFirst) ? "all texts are the same to the model" : null;
}

/** A sentence where many words of some texts are not in the vocabulary: a model cannot tell them from each other. */
function unknownNotice({ tokens }: Pick<Examples, "tokens">, tokenizer: TextTokenizer): string | null {
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
