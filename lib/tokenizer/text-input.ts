/** A text, or two texts to be read as a pair. */
export type TextInput = string | readonly [text: string, pair: string];

/** One text or two, as an array. */
export function textsOf(input: TextInput): readonly string[] {
  return typeof input === "string" ? [input] : input;
}

/** What rows with one text or two columns of them say to the model. */
export function textInputOf({ text, textPair }: { text: string; textPair?: string }): TextInput {
  return textPair === undefined ? text : [text, textPair];
}
