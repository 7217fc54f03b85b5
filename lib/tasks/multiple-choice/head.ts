import { argmax, sumOf } from "../../arrays.js";
import { calibrateChoices } from "../../calibration/calibrate.js";
import { doubtOf } from "../../calibration/doubt.js";
import { logProbabilitiesOf, type ScoredRow } from "../../calibration/scored-row.js";
import { NO_LABELS } from "../../checkpoint/labels.js";
import { storedHead } from "../../checkpoint/stored-head.js";
import { expected } from "../../errors.js";
import { SequenceHead } from "../../models/heads/sequence-head.js";
import type { ModelConfig } from "../../models/model-config.js";
import { type PackableSequence, packSequences } from "../../models/packing.js";
import { withRoundedSequences } from "../../models/rounded-batch.js";
import { crossEntropy } from "../../nn/functional.js";
import type { OptionsOf } from "../find-spec.js";
import type { HeadModel, HeadTypes, TaskBatch, TaskHead } from "../head.js";
import type { MultipleChoicePredictOptions } from "../predict-option-types.js";
import { readingsOf } from "../readings.js";
import { sequenceOutput, targetClass } from "../texts/explain-output.js";
import { truncatedField } from "../texts/truncated.js";
import { type ChoiceExamples, readEncodedChoices } from "./examples.js";
import { choiceMistakes } from "./mistakes.js";
import type { ChoiceEvaluation, ChoiceInput, ChoicePrediction } from "./prediction.js";
import { choicePairs } from "./rows.js";
import { multipleChoice } from "./spec.js";

/** Items of C choices each: B C sequences. */
interface ChoiceBatch extends TaskBatch {
  choices: number;
  /** The right choice of each item. */
  right: Int32Array; // [B]
}

interface Types extends HeadTypes {
  options: OptionsOf<"multiple-choice">;
  rows: ChoiceExamples;
  batch: ChoiceBatch;
  layers: SequenceHead;
  input: ChoiceInput;
  prediction: ChoicePrediction;
  predictOptions: MultipleChoicePredictOptions;
  evaluation: ChoiceEvaluation;
}

/** A model that picks the best of several continuations of a text, or answers about it (paper, section 4.4). */
export const multipleChoiceHead: TaskHead<Types> = {
  spec: multipleChoice,
  kind: "multiple-choice",

  async prepare(preparation) {
    const { checkpoint, maxSeqLength, options, train, validation } = preparation;
    const reader = { tokenizer: checkpoint.tokenizer, maxSeqLength };
    const readings = readingsOf(preparation, options);
    return {
      config: { labels: [] },
      train: await readEncodedChoices(train, reader, readings.train),
      ...(validation !== undefined && {
        validation: await readEncodedChoices(validation, reader, {
          ...readings.validation,
          keepInputs: true,
        }),
      }),
    };
  },

  stored: () => ({ labels: [] }),
  fields: () => NO_LABELS,
  layers: choiceLayers,
  continues: (checkpoint) => storedHead(checkpoint) === "multiple-choice",

  async read(model, source, options) {
    const { columns } = options;
    if (columns) throw expected("no value, as multiple-choice has no such option,", "columns", columns);
    return readEncodedChoices(source, model, { ...options, keepInputs: true });
  },

  batch(_, { choices, encodings, right }, items, { numbers }) {
    const sequences = items.flatMap((item) => encodings.slice(item * choices, (item + 1) * choices));
    const sequenceNumbers = numbers.flatMap((number) =>
      Array.from({ length: choices }, (_, choice) => number * choices + choice),
    );
    return {
      packed: packSequences(sequences, sequenceNumbers),
      choices,
      right: Int32Array.from(items, (item) => right[item]!),
    };
  },

  counts: (_, { right }) => ({ rows: right.length }),

  rounded: withRoundedSequences,
  loss(model, { input: given, choices, right }, totals) {
    const { encoded, input } = model.network.encode(given);
    const logits = model.network.head.forward(encoded, input).reshape([right.size, choices]);
    return crossEntropy(logits, right.to("int64"), "sum").div(totals.rows!);
  },

  /** What each sequence is worth, [B C, 1]. */
  output: (model, encoded, input) => model.network.head.forward(encoded, input),
  rowsPer: () => "sequence",

  async evaluate(model, examples, signal) {
    const { right, rows, truncatedTexts } = examples;
    const scored = await scoredRows(model, examples, signal);
    const { temperature } = model.calibration ?? {};
    const losses = scored.map(({ logits, right }) => -logProbabilitiesOf(logits, temperature)[right]!);
    const chosen = scored.map(({ logits }) => argmax(logits));
    const hits = chosen.filter((choice, row) => choice === right[row]).length;
    return {
      accuracy: hits / rows,
      loss: sumOf(losses) / rows,
      rows,
      truncatedTexts,
      report: { worstMistakes: choiceMistakes(examples, losses, chosen) },
    };
  },

  calibrate: async (model, examples, choices, signal) =>
    calibrateChoices(await scoredRows(model, examples, signal), choices),

  async explain(model, input, { target }, signal) {
    const pairs = choicePairs(input);
    const encodings = await model.tokenizer.encodeBatchAligned(pairs, { maxLength: model.maxSeqLength });
    const indices = pairs.map((_, index) => String(index));
    const logits = await sequenceLogits(model, encodings, signal);
    const choice = targetClass(target, indices, () => argmax(logits));
    const texts = pairs[choice] as readonly string[];
    return { encoding: encodings[choice]!, texts, target: choice, output: sequenceOutput(model, 0) };
  },

  /** Inputs may differ in how many choices they have. Longer texts than `maxSeqLength` tokens are cut. */
  async predict(model, inputs, { raw }, signal) {
    const pairs = inputs.flatMap(choicePairs);
    const encodings = await model.tokenizer.encodeBatch(pairs, { maxLength: model.maxSeqLength });
    const logits = await sequenceLogits(model, encodings, signal);
    const calibration = raw ? null : model.calibration;
    let next = 0;
    return inputs.map(({ choices }) => {
      const end = next + choices.length;
      const own = logits.slice(next, end);
      const scores = Array.from(logProbabilitiesOf(own, calibration?.temperature), Math.exp);
      const cut = truncatedField(...encodings.slice(next, end));
      next = end;
      const choice = argmax(own);
      const score = scores[choice]!;
      const doubt = calibration && doubtOf(calibration, own, score);
      return { choice, text: choices[choice]!, score, scores, ...doubt, ...cut };
    });
  },
};

async function sequenceLogits(
  model: HeadModel<Types>,
  sequences: readonly PackableSequence[],
  signal?: AbortSignal,
): Promise<number[]> {
  return (await model.infer(sequences, signal)).map(([logit]) => logit!);
}

async function scoredRows(
  model: HeadModel<Types>,
  { choices, encodings, right }: Pick<ChoiceExamples, "choices" | "encodings" | "right">,
  signal?: AbortSignal,
): Promise<ScoredRow[]> {
  const logits = await sequenceLogits(model, encodings, signal);
  return Array.from(right, (own, row) => ({
    logits: logits.slice(row * choices, (row + 1) * choices),
    right: own,
  }));
}

/** A pooler whose input is not dropped, whatever the family: no class of transformers does so here. */
function choiceLayers({ encoder, family }: ModelConfig): SequenceHead {
  const headDropout = { ...encoder.headDropout, sequence: encoder.headDropout.choice };
  return new SequenceHead({ ...encoder, headDropout }, { ...family.pooler, dropsInput: false }, 1);
}
