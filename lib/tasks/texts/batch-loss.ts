import { tensor } from "../../tensor/create.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Totals } from "../../train/totals.js";
import type { HeadModel } from "../head.js";
import type { SequenceBatch, TextTask, TextTypes } from "./text-task.js";

/** The share of a batch in the loss of an update: of labels, of a teacher's answers, or of both (Hinton et al., 2015). */
export function batchLoss<Target, Types extends TextTypes<Target>>(
  task: TextTask<Target, Types>,
  model: HeadModel<Types>,
  { logits, targets, answers }: SequenceBatch<Target> & { logits: Tensor },
  totals: Totals,
): Tensor {
  const { teacherWeight = 0 } = model.choices;
  const parts: Tensor[] = [];
  const labelled = Array.from(targets.keys()).filter((row) => targets[row] !== null);
  if (labelled.length > 0) {
    const known = labelled.map((row) => targets[row] as Target);
    const sum = task.lossSum(model, rowsOf(logits, labelled), known);
    parts.push(sum.div(totals.rows!).mul(1 - teacherWeight));
  }
  if (answers) {
    const { device } = logits;
    const taught = tensor(Float32Array.from(answers.flatMap((answer) => [...answer])), {
      shape: logits.shape,
      device,
    });
    parts.push(task.taughtLossSum(model, logits, taught).div(totals.answers!).mul(teacherWeight));
  }
  return parts.reduce((sum, part) => sum.add(part));
}

function rowsOf(logits: Tensor, rows: readonly number[]): Tensor {
  if (rows.length === logits.shape[0]) return logits;
  return logits.indexSelect(0, tensor(rows, { dtype: "int64", device: logits.device }));
}
