import { expected } from "../../../errors.js";
import type { Preparation } from "../../head.js";
import type { ClassificationTypes } from "../types.js";

/**
 * Options whose meaning pairs do not have.
 *
 * @throws LibbertError ERR_OPTION, naming the first that is given
 */
export function refuseOptions(preparation: Preparation<ClassificationTypes["options"]>): void {
  const { options, isEncoderFrozen, isGroupedByLength } = preparation;
  const { labelSmoothing, balancedSampling, longTexts } = options;
  const meaningless = {
    ...{ teacher: options.teacher, teacherWeight: options.teacherWeight },
    ...{ teacherTemperature: options.teacherTemperature, classWeights: options.classWeights },
    labelSmoothing: labelSmoothing || undefined,
    balancedSampling: balancedSampling || undefined,
    groupByLength: isGroupedByLength || undefined,
    encoder: isEncoderFrozen ? "frozen" : undefined,
    longTexts: longTexts === "cut" ? undefined : longTexts,
    docStride: options.docStride,
  };
  const given = Object.entries(meaningless).find(([, value]) => value !== undefined);
  if (given) throw expected('no value with method "contrastive"', ...given);
}
