import { spawnSync } from "node:child_process";
import { withoutPython } from "./python.js";

const PROBE =
  "import importlib.util, sys; sys.exit(importlib.util.find_spec('sentence_transformers') is None)";

/** What a test that needs the library passes as `skip`. */
export const withoutSentenceTransformers =
  withoutPython ||
  (spawnSync(process.env.LIBBERT_REFERENCE_PYTHON!, ["-c", PROBE]).status === 0
    ? false
    : "this Python has no sentence-transformers");
