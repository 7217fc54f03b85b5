import type { SentenceVector } from "../../lib/features/options.js";
import { ComputeSession } from "../../lib/session/compute-session.js";
import type { ComparedModel } from "../../lib/session/text-vectors.js";

/** Has the vector of each text in the place of a model. */
export function givenVectors(vectors: Readonly<Record<string, readonly number[]>>): ComparedModel {
  const encode = async (texts: readonly string[], { normalize }: { normalize?: boolean }) =>
    texts.map((text): SentenceVector => {
      const length = normalize ? Math.hypot(...vectors[text]!) : 1;
      return Float32Array.from(vectors[text]!, (value) => value / length);
    });
  return { model: { encodeQuery: encode, encodeDocument: encode }, session: new ComputeSession() };
}
