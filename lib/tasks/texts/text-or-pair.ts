const isString = (value: unknown): value is string => typeof value === "string";

/** The inputs of all tasks about whole texts. */
export const textOrPair = {
  accepts: (input: unknown): boolean =>
    isString(input) || (Array.isArray(input) && input.length === 2 && input.every(isString)),
  what: "a string or a pair of strings",
};
