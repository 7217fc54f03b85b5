import { textInspection } from "../texts/inspection.js";
import { labelSet } from "./rows.js";

export const multiLabelInspection = textInspection(labelSet, (labels) => ({
  target: [...labels].sort().join(" | "),
  labels,
}));
