import { inPython, withoutPython } from "./python.js";

const PROBE =
  "import importlib.util, json; print(json.dumps(importlib.util.find_spec('sentence_transformers') is not None))";

/** What a test that needs the library passes as `skip`. */
export const withoutSentenceTransformers =
  withoutPython ||
  ((await inPython<boolean>(PROBE, []))[0] ? false : "this Python has no sentence-transformers");
