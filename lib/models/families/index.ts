/** The families of models that libbert knows, one a line. */
export { bert } from "./bert.js";
export { distilbert } from "./distilbert.js";
export { roberta, xlmRoberta } from "./roberta.js";
