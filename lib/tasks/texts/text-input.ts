/** A text, or two texts to be read as a pair. */
export type TextInput = string | readonly [text: string, pair: string];

const isString = (value: unknown): value is string => typeof value === "string";

/** The inputs of all tasks about whole texts. */
export const textInputs = {
  accepts: (input: unknown): boolean =>
    isString(input) || (Array.isArray(input) && input.length === 2 && input.every(isString)),
  what: "a string or a pair of strings",
};
