import { ComputeSession, type Requesting } from "../../lib/session/compute-session.js";
import type { Requests } from "../../lib/session/protocol.js";

type EmbedArguments = Requests["embed"]["arguments"];

/** A session that has the vector of each text in the place of a model. */
export function givenVectors(vectors: Readonly<Record<string, readonly number[]>>) {
  const session = new ComputeSession();
  /** What it was asked to embed. */
  const asked: EmbedArguments[] = [];
  const embed = ({ inputs, settings }: EmbedArguments): Requests["embed"]["answer"] => {
    asked.push({ inputs, settings });
    return (inputs as string[]).map((text) => {
      const length = settings.normalize ? Math.hypot(...vectors[text]!) : 1;
      return { vector: Float32Array.from(vectors[text]!, (value) => value / length), tokens: 3 };
    });
  };
  const request: Requesting["request"] = async (kind, toArguments, options) => {
    if (kind !== "embed") return session.request(kind, toArguments, options);
    const values = await toArguments(() => assertNever());
    return embed(values as EmbedArguments) as never;
  };
  return { request, asked, close: () => session.close() };
}

function assertNever(): never {
  throw new Error("Expected no rows");
}
