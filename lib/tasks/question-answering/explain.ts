import { dataError } from "../../data/data-error.js";
import type { Explained } from "../../explanation/explanation.js";
import type { AnswerHead } from "../../models/heads/answer-head.js";
import { tensor } from "../../tensor/create.js";
import type { AlignedEncoding } from "../../tokenizer/encoding.js";
import type { HeadModel, HeadTypes } from "../head.js";
import type { AnswerPrediction, QuestionInput } from "./prediction.js";

/** As the model reads them at once. @throws ERR_DATA where they are longer */
export async function encodedAtOnce(
  { tokenizer, maxSeqLength }: Pick<HeadModel<HeadTypes>, "tokenizer" | "maxSeqLength">,
  { question, context }: QuestionInput,
): Promise<AlignedEncoding> {
  const [encoding] = await tokenizer.encodeBatchAligned([[question, context]]);
  const { length } = encoding!.inputIds;
  if (length <= maxSeqLength) return encoding!;
  throw dataError(
    "the question and context to explain",
    `at most ${maxSeqLength} tokens, which the model reads at once,`,
    String(length),
  );
}

/** The logit of an answer's start and that of its end, added up; where there is no answer, those of the first token, such as `[CLS]`. */
export function explainAnswer<Types extends HeadTypes & { layers: AnswerHead }>(
  { network, compute }: HeadModel<Types>,
  { question, context }: QuestionInput,
  encoding: AlignedEncoding,
  { answer, start, end }: AnswerPrediction,
): Explained {
  const { offsets, textIds, wordIds } = encoding;
  const isOfContext = (token: number) => textIds[token] === 1 && wordIds[token] !== null;
  const first = offsets.findIndex(([from], token) => isOfContext(token) && from === start);
  const last = offsets.findLastIndex(([, to], token) => isOfContext(token) && to === end);
  return {
    encoding,
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
