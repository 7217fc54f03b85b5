import { isDeepStrictEqual } from "node:util";
import { joined, range } from "../../arrays.js";
import { labelFields, storedLabels } from "../../checkpoint/labels.js";
import { storedHead } from "../../checkpoint/stored-head.js";
import { dataError } from "../../data/data-error.js";
import { longTextFields } from "../../features/long-texts.js";
import { SequenceHead } from "../../models/heads/sequence-head.js";
import { packSequences } from "../../models/packing.js";
import { withRoundedSequences } from "../../models/rounded-batch.js";
import { textsOf } from "../../tokenizer/text-input.js";
import type { Counts } from "../../train/totals.js";
import { weightedClasses } from "../class-loss.js";
import type { TaskHead } from "../head.js";
import { batchLoss } from "./batch-loss.js";
import { type SequenceExamples, sequencesOf } from "./examples.js";
import { sequenceOutput } from "./explain-output.js";
import { windowNumbers } from "./long-texts.js";
import { pooledOutputs } from "./pooled-outputs.js";
import { problemTypeOf } from "./problem-type.js";
import { readInputs, rowOutputs } from "./row-outputs.js";
import type { TextTask, TextTypes } from "./text-task.js";
import { truncatedField } from "./truncated.js";

/** The head of a task about whole texts, or pairs of texts (paper, figure 4 a and b): what all such tasks share. */
export function textHead<Target, Types extends TextTypes<Target>>(
  task: TextTask<Target, Types>,
): TaskHead<Types> {
  const { spec, problemType, prepare, stored, metrics, adopt, read } = task;
  return {
    spec,
    kind: "sequence-classification",
    prepare,
    stored,
    metrics,
    adopt,
    read,
    layers: ({ family, encoder }, config) =>
      new SequenceHead(encoder, family.pooler, task.outputLabels(config).length),
    fields: (config) => ({
      ...labelFields(task.outputLabels(config)),
      problem_type: problemType,
      label_thresholds: undefined, // those of a checkpoint that it was trained from
      ...longTextFields(config.longTexts),
      ...task.ownFields?.(config),
    }),
    continues(checkpoint, config) {
      if (problemTypeOf(storedHead(checkpoint), checkpoint) !== problemType) return false;
      const [own, wanted] = [storedLabels(checkpoint), task.outputLabels(config)];
      const isNamed = config.labels.length > 0; // else its output may be called anything
      return isNamed ? isDeepStrictEqual(own, wanted) : own.length === wanted.length;
    },

    batch(model, examples, items, { numbers }) {
      const { sequences, windows } = sequencesOf(examples, items);
      const { targets, answers } = examples;
      const labelled = range(0, items.length).filter((row) => targets[items[row]!] !== null);
      return {
        packed: packSequences(
          sequences,
          numbers.flatMap((number, row) => windowNumbers(number, windows[row]!)),
        ),
        targets: task.targetArray(labelled.map((row) => targets[items[row]!] as Target)),
        ...(labelled.length < items.length && { labelled: Int32Array.from(labelled) }),
        ...(answers && { answers: joined(items.map((item) => answers[item]!)) }),
        ...weightedClasses(model),
        windows,
      };
    },
    counts(model, { targets, labelled, answers, windows }): Counts {
      const rows = task.count?.(model, targets) ?? (labelled ?? windows).length;
      return { rows, ...(answers && { answers: windows.length }) };
    },
    rounded: withRoundedSequences,
    loss(model, batch, totals) {
      const { encoded, input } = model.network.encode(batch.input);
      const outputs = model.network.head.forward(encoded, input).to("float32");
      const logits = pooledOutputs(outputs, batch.windows, model.config.longTexts);
      return batchLoss(task, model, { ...batch, logits }, totals);
    },

    rowsPer: () => "sequence",
    /** Of a model that reads long texts in windows, the logits of one: what is made of them waits for the others. */
    output(model, encoded, input) {
      const logits = model.network.head.forward(encoded, input).to("float32");
      return model.config.longTexts ? logits : (task.outputOf?.(logits) ?? logits);
    },
    async evaluate(model, examples, signal) {
      const outputs = await rowOutputs(task, model, examples, signal);
      const { rows, truncatedTexts, emptyTexts } = examples;
      const labelled = examples as SequenceExamples<Target>; // as every row is that is evaluated
      const figures = task.figures(model.config, outputs, labelled, model.calibration);
      return { ...figures, rows, truncatedTexts, emptyTexts } as Types["evaluation"];
    },
    async calibrate(model, examples, choices, signal) {
      const known = examples.targets as readonly Target[]; // likewise
      return task.calibrationOf(await rowOutputs(task, model, examples, signal), known, choices);
    },
    async explain(model, input, { target }, signal) {
      const { tokenizer, maxSeqLength, config } = model;
      const [encoding] = await tokenizer.encodeBatchAligned([input], { maxLength: maxSeqLength });
      if (config.longTexts && encoding!.truncated)
        throw dataError("input 1", `a text of at most ${maxSeqLength} tokens, one window,`, "a longer one");
      const [output] = await model.infer([encoding!], signal);
      const { id, ...explained } = task.explained(config, output!, target);
      return { encoding: encoding!, texts: textsOf(input), ...explained, output: sequenceOutput(model, id) };
    },
    /** Longer texts than `maxSeqLength` tokens are cut, and their predictions say so, unless they are read in windows. */
    async predict(model, inputs, { raw }, signal) {
      const read = await readInputs(model, inputs);
      const outputs = await rowOutputs(task, model, read, signal);
      const calibration = raw ? null : model.calibration;
      return outputs.map((output, index) => ({
        ...task.predictionOf(model.config, output, calibration),
        ...truncatedField(...sequencesOf(read, [index]).sequences),
      }));
    },
    outputs: async (model, inputs, signal) =>
      rowOutputs(task, model, await readInputs(model, inputs), signal),
  };
}
