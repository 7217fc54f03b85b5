/** The families of models that libbert knows, one a line. */
export { bert } from "./bert.js";
export { distilbert } from "./distilbert.js";
export { electra } from "./electra.js";
export { camembert, roberta, xlmRoberta } from "./roberta.js";
