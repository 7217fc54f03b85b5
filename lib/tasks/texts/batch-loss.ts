import type { OnDevice } from "../../models/device-batch.js";
import { rowsAt } from "../../models/output-tokens.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Totals } from "../../train/totals.js";
import type { HeadModel } from "../head.js";
import type { SequenceBatch, TextTask, TextTypes } from "./text-task.js";

/** The share of a batch in the loss of an update: of labels, of a teacher's answers, or of both (Hinton et al., 2015). */
export function batchLoss<Target, Types extends TextTypes<Target>>(
  task: TextTask<Target, Types>,
  model: HeadModel<Types>,
  { logits, targets, labelled, answers, classWeights }: OnDevice<SequenceBatch> & { logits: Tensor },
  totals: Totals,
): Tensor {
  const { teacherWeight = 0 } = model.choices;
  const parts: Tensor[] = [];
  if (targets.size > 0) {
    const sum = task.lossSum(model, rowsAt(logits, labelled), targets, classWeights);
    parts.push(sum.div(totals.rows!).mul(1 - teacherWeight));
  }
  if (answers) {
    const taught = task.taughtLossSum(model, logits, answers.reshape(logits.shape));
    parts.push(taught.div(totals.answers!).mul(teacherWeight));
  }
  return parts.reduce((sum, part) => sum.add(part));
}
