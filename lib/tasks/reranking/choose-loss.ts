import { dataError } from "../../data/data-error.js";
import { expected } from "../../errors.js";
import type { OptionsOf } from "../find-spec.js";
import type { RankingExamples } from "./examples.js";
import type { LossChoice } from "./losses.js";

/** @throws ERR_OPTION for a loss that the rows are not for; ERR_DATA for labels that the loss is not for */
export function lossFor(
  rows: RankingExamples,
  { loss: given, posWeight, teacher }: OptionsOf<"reranking">,
): LossChoice {
  const loss = given ?? defaultLoss(rows, teacher !== undefined);
  if (loss !== "binary-cross-entropy" && posWeight !== undefined)
    throw expected(`no value, as ${loss} has none,`, "posWeight", posWeight);
  if (teacher !== undefined && !loss.endsWith("mse"))
    throw expected("mse or margin-mse, as a teacher's scores are learnt,", "loss", loss);
  if (loss === "mse") return { loss };
  if (loss !== "binary-cross-entropy") {
    if (rows.kind === "lists") return { loss };
    throw expected("binary-cross-entropy or mse, as each row has one document alone,", "loss", loss);
  }
  const wrong = rows.labels.findIndex((label) => label < 0 || label > 1);
  if (wrong < 0) return { loss, posWeight: posWeight ?? 1 };
  const row = rows.bounds.findLastIndex((start) => start <= wrong);
  const what = `labels from 0 to 1, of which ${loss} is,`;
  throw dataError(rows.locations[row]!, what, String(rows.labels[wrong]));
}

function defaultLoss({ kind }: RankingExamples, isTaught: boolean): LossChoice["loss"] {
  if (!isTaught) return "binary-cross-entropy";
  return kind === "lists" ? "margin-mse" : "mse";
}
