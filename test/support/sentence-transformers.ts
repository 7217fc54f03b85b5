import { withoutModule } from "./python.js";

/** What a test that needs the library passes as `skip`. */
export const withoutSentenceTransformers = withoutModule("sentence_transformers");
