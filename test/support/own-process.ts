/**
 * Imported by test files that share their process with no other, see run-all.ts: they count its tensors, measure its memory,
 * change its environment or look at what is loaded into it, and what other tests left would count as well.
 */
export {};
