import type { Model } from "../../lib/index.js";
import type { Text } from "./texts.js";

/** A line of JSON for each text, with its entities, in the order of the texts. They are read only a little ahead of who takes the lines. */
export async function* entityLines(
  model: Pick<Model<"token-classification">, "predictStream">,
  texts: AsyncIterable<Text>,
): AsyncGenerator<string> {
  const underWay: Omit<Text, "text">[] = []; // where the texts that were read came from, the oldest first
  async function* inputs() {
    for await (const { text, ...where } of texts) {
      underWay.push(where);
      yield text;
    }
  }
  for await (const entities of model.predictStream(inputs()))
    yield `${JSON.stringify({ ...underWay.shift(), entities })}\n`;
}
