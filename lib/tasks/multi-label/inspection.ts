import { textInspection } from "../texts/inspection.js";
import { readMultiLabelExamples } from "./rows.js";

export const multiLabelInspection = textInspection(readMultiLabelExamples, (labels) => ({
  target: [...labels].sort().join(" | "),
  labels,
}));
