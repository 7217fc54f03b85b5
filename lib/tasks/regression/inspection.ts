import { textInspection } from "../texts/inspection.js";
import { readRegressionExamples } from "./rows.js";

export const regressionInspection = textInspection(readRegressionExamples, (score) => ({
  target: String(score),
  scores: [score],
}));
