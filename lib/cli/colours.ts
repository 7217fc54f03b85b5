/** A heading in bold print, where the stream shows it. */
export function strong(text: string, stream: NodeJS.WriteStream): string {
  return showsColours(stream) ? bold(text) : text;
}

/** `NO_COLOR` and `FORCE_COLOR` decide (no-color.org, force-color.org); without them it is a terminal that shows colours. */
export function showsColours(
  stream: Pick<NodeJS.WriteStream, "isTTY">,
  { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv = process.env,
): boolean {
  if (NO_COLOR) return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return stream.isTTY === true && TERM !== "dumb";
}

export function bold(text: string): string {
  return `\x1b[1m${text}\x1b[22m`;
}
