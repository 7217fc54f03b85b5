import { textInspection } from "../texts/inspection.js";
import { readClassificationExamples } from "./rows.js";

export const classificationInspection = textInspection(readClassificationExamples, (label) => ({
  target: label,
  labels: [label],
}));
