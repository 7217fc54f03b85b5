#!/usr/bin/env node
// What prebuildify starts as node-gyp, in the folder of a variant: cmake-js builds there, for the LibTorch in LIBTORCH.
import { barOrQuarters } from "../lib/cli/progress/progress-bar.js";
import { buildNative } from "../lib/runtime/build.js";
import { findLibTorch } from "../lib/runtime/libtorch.js";
import { requireCuda } from "./pack.js";

const display = barOrQuarters("  [{bar}] {percentage}%", { lineOf: (percent) => `  ${percent} % built` });
try {
  const libtorch = findLibTorch().found!;
  requireCuda(libtorch, await buildNative(libtorch, (done) => display.show({ done, total: 1 })));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  display.clear();
}
