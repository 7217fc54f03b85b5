/** What each task computes, one a line. `specs.ts` has the other half. */
export { classificationHead } from "./classification/head.js";
export { embeddingHead } from "./embedding/head.js";
export { maskedWordsHead } from "./masked-words/head.js";
export { multiLabelHead } from "./multi-label/head.js";
export { multipleChoiceHead } from "./multiple-choice/head.js";
export { questionAnsweringHead } from "./question-answering/head.js";
export { regressionHead } from "./regression/head.js";
export { rerankingHead } from "./reranking/head.js";
export { tokenClassificationHead } from "./token-classification/head.js";
