import { expected } from "../../errors.js";
import type { Explained } from "../../explanation/explanation.js";
import type { ExplainSettings } from "../../explanation/options.js";
import type { SequenceHead } from "../../models/heads/sequence-head.js";
import type { HeadModel, HeadTypes } from "../head.js";

/** One output of a head over whole sequences, for each of them: [B]. */
export function sequenceOutput<Types extends HeadTypes & { layers: SequenceHead }>(
  model: HeadModel<Types>,
  id: number,
): Explained["output"] {
  return (encoded, input) =>
    model.network.head.forward(encoded, input).to("float32").narrow(1, id, 1).squeeze(-1);
}

/** The class that is to be explained. @param predicted what is explained by default @throws LibbertError ERR_OPTION for another label */
export function targetClass(
  target: ExplainSettings["target"],
  labels: readonly string[],
  predicted: () => number,
): number {
  if (target === undefined) return predicted();
  const id = labels.indexOf(String(target));
  if (id < 0) throw expected(`one of ${labels.join(", ")}`, "target", target);
  return id;
}
