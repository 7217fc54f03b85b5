import { argmax } from "../../arrays.js";
import { dataError } from "../../data/data-error.js";
import { expected } from "../../errors.js";
import type { Explained } from "../../explanation/explanation.js";
import type { ExplainChoices } from "../../explanation/options.js";
import { tensor } from "../../tensor/create.js";
import type { HeadModel } from "../head.js";
import { targetClass } from "../texts/explain-output.js";
import { scoresAt, type TokenScores } from "./decode.js";
import { OUTSIDE } from "./scheme.js";
import type { TokenClassificationTypes } from "./types.js";
import { tokenizeWords, type WordsInput } from "./words.js";

/** The logit of a tag at a word's first token. @throws ERR_OPTION for a word or tag that is not there; ERR_DATA for too many tokens */
export async function explainTag(
  model: HeadModel<TokenClassificationTypes>,
  input: WordsInput,
  { target, word }: ExplainChoices,
  signal?: AbortSignal,
): Promise<Explained> {
  const { tokenizer, maxSeqLength, config, network } = model;
  const [sentence] = await tokenizeWords([input], tokenizer);
  const { text, wordStarts } = sentence!;
  const [encoding] = await tokenizer.encodeBatchAligned([text]);
  const length = encoding!.inputIds.length;
  if (length > maxSeqLength)
    throw dataError(
      "the text to explain",
      `at most ${maxSeqLength} tokens, which the model reads at once,`,
      String(length),
    );
  const places = Array.from(wordStarts.subarray(0, -1), (start, index) => ({
    hasToken: wordStarts[index + 1]! > start,
    token: start + tokenizer.frame.open.length,
  }));
  const [logProbabilities] = await model.infer([encoding!], signal);
  const scores = places.map(({ token }) => scoresAt(logProbabilities!, token, config.labels.length));
  const chosen = word ?? mostCertainEntity(scores, config.labels);
  const place = places[chosen];
  if (!place?.hasToken)
    throw expected(`the number of a word, of which there are ${places.length},`, "word", chosen);
  const id = targetClass(target, config.labels, () => argmax(scores[chosen]!));
  return {
    encoding: encoding!,
    texts: [text],
    target: config.labels[id]!,
    word: chosen,
    output(encoded, packed) {
      const starts = packed.cuSeqlens.toArray().subarray(0, -1);
      const rows = tensor(
        Int32Array.from(starts, (start) => start + place.token),
        { device: model.compute.device },
      );
      return network.head.forward(encoded, packed, rows).to("float32").narrow(1, id, 1).squeeze(-1);
    },
  };
}

/** The word whose tag is the likeliest among those that are not `O`; the first one where all are. */
function mostCertainEntity(scores: readonly TokenScores[], labels: readonly string[]): number {
  const bests = scores.map((some) => {
    const best = argmax(some);
    return labels[best] === OUTSIDE ? Number.NEGATIVE_INFINITY : some[best]!;
  });
  return argmax(bests);
}
