import { dataError } from "../../data/data-error.js";
import type { Explained } from "../../explanation/explanation.js";
import type { AnswerHead } from "../../models/heads/answer-head.js";
import { tensor } from "../../tensor/create.js";
import type { HeadModel, HeadTypes } from "../head.js";
import type { AnswerPrediction, QuestionInput } from "./prediction.js";

/**
 * The logit of an answer's start and that of its end, added up; where there is no answer, those of the first token, such as `[CLS]`.
 *
 * @throws ERR_DATA for a question and context that the model does not read at once
 */
export async function explainAnswer<Types extends HeadTypes & { layers: AnswerHead }>(
  { tokenizer, maxSeqLength, network, compute }: HeadModel<Types>,
  { question, context }: QuestionInput,
  { answer, start, end }: AnswerPrediction,
): Promise<Explained> {
  const [encoding] = await tokenizer.encodeBatchAligned([[question, context]]);
  const { offsets, textIds, wordIds, inputIds } = encoding!;
  if (inputIds.length > maxSeqLength)
    throw dataError(
      "the question and context to explain",
      `at most ${maxSeqLength} tokens, which the model reads at once,`,
      String(inputIds.length),
    );
  const isOfContext = (token: number) => textIds[token] === 1 && wordIds[token] !== null;
  const first = offsets.findIndex(([from], token) => isOfContext(token) && from === start);
  const last = offsets.findLastIndex(([, to], token) => isOfContext(token) && to === end);
  return {
    encoding: encoding!,
    texts: [question, context],
    target: answer,
    output(encoded, input) {
      const logits = network.head.forward(encoded, input).to("float32");
      const starts = input.cuSeqlens.toArray().subarray(0, -1);
      const columnAt = (token: number, column: number) => {
        const rows = Int32Array.from(starts, (own) => own + Math.max(0, token));
        return logits.indexSelect(0, tensor(rows, { device: compute.device })).narrow(1, column, 1);
      };
      return columnAt(first, 0).add(columnAt(last, 1)).squeeze(-1);
    },
  };
}
