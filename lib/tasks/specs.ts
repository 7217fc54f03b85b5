/** Every task, as far as it needs no LibTorch: one a line. `heads.ts` has the other half. */
export * from "./classification/spec.js";
export * from "./embedding/spec.js";
export * from "./masked-words/spec.js";
export * from "./multi-label/spec.js";
export * from "./multiple-choice/spec.js";
export * from "./question-answering/spec.js";
export * from "./regression/spec.js";
export * from "./reranking/spec.js";
export * from "./token-classification/spec.js";
