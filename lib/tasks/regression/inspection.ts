import { textInspection } from "../texts/inspection.js";
import { score } from "./rows.js";

export const regressionInspection = textInspection(score, (value) => ({
  target: String(value),
  scores: [value],
}));
