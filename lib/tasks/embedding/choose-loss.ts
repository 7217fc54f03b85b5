import { dataError } from "../../data/data-error.js";
import { expected } from "../../errors.js";
import type { Teacher } from "../teacher.js";
import type { VectorExamples } from "./examples.js";
import type { LossChoice, LossName } from "./losses.js";
import type { Student } from "./taught.js";
import type { VectorTypes } from "./types.js";

/** @throws ERR_OPTION for a loss that the rows are not for, or for rows that negatives are not mined for */
export function lossFor(
  { scores, texts: given }: VectorExamples,
  options: VectorTypes["options"],
): LossChoice {
  const { numNegatives = 0 } = options;
  if (numNegatives > 0 && (scores || given > 2))
    throw expected("no value for rows with scores or negatives", "numNegatives", numNegatives);
  const texts = given + numNegatives;
  const { loss = scores ? "cosent" : "multiple-negatives-ranking", dims = [] } = options;
  if (loss === "mse" || loss === "margin-mse")
    throw expected("a loss for rows without a teacher", "loss", loss);
  const needsScores = loss === "cosent" || loss === "cosine-similarity";
  if (needsScores && !scores) throw expected("a loss for rows without scores", "loss", loss);
  if (!needsScores && scores)
    throw expected("cosent or cosine-similarity, as the rows have scores,", "loss", loss);
  if (loss === "triplet" && texts !== 3)
    throw expected("another loss for rows without one negative each", "loss", loss);
  return { loss, settings: lossSettings(loss, options), dims };
}

/** @throws ERR_OPTION for a number that means nothing to the loss */
function lossSettings(loss: LossName, { scale, margin }: VectorTypes["options"]): LossChoice["settings"] {
  const hasScale = loss === "cosent" || loss.startsWith("multiple-negatives");
  if (scale !== undefined && !hasScale) throw expected(`no value, as ${loss} has none,`, "scale", scale);
  if (margin !== undefined && loss !== "triplet")
    throw expected(`no value, as ${loss} has none,`, "margin", margin);
  return { scale: scale ?? 20, margin: margin ?? 5 };
}

/** @throws ERR_DATA for scores of which the loss could learn nothing, or that no cosine reaches */
export function checkScores({ scores, locations }: VectorExamples, loss: LossChoice["loss"]): void {
  if (loss === "cosine-similarity") {
    const row = scores!.findIndex((score) => Math.abs(score) > 1);
    const what = "a score from -1 to 1, as the loss cosine-similarity compares it with a cosine,";
    if (row >= 0) throw dataError(locations[row]!, what, String(scores![row]));
  } else if (loss === "cosent" && scores!.every((score) => score === scores![0])) {
    throw dataError(
      "training rows",
      "scores that differ, as the loss cosent compares them,",
      `${scores![0]} alone`,
    );
  }
}

/** @throws ERR_OPTION for a loss that the teacher, the rows or the model are not for */
export function taughtLoss(
  { texts, scores }: VectorExamples,
  options: VectorTypes["options"],
  { kind }: Teacher,
  { isNormalised }: Student,
): LossChoice {
  const { loss = "mse", dims = [] } = options;
  if (kind === "vectors" && loss !== "mse")
    throw expected("mse, as the teacher gives vectors,", "loss", loss);
  if (kind !== "vectors" && loss !== "margin-mse")
    throw expected("margin-mse, as the teacher gives scores,", "loss", loss);
  if (loss === "mse" && dims.length > 0)
    throw expected("no value with mse, which is of whole vectors,", "dims", dims);
  if (loss === "margin-mse" && (scores !== undefined || texts < 3))
    throw expected("another loss for rows without a positive and negatives", "loss", loss);
  if (loss === "margin-mse" && isNormalised)
    throw expected("another loss for a model whose vectors are made of length 1", "loss", loss);
  return { loss, settings: lossSettings(loss, options), dims };
}
