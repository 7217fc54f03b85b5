import { parse, stringify } from "yaml";
import { isObject } from "../is-object.js";

/** Between its lines a README.md of the Hub begins with what programs read of it. */
const FENCE = "---";

/**
 * Metadata as the beginning of a README.md. Strings are quoted: without quotes YAML takes `no`, the language, for false, and
 * `1_000` for a number. None is folded, so that no line of a text can end the block.
 */
export function frontMatter(metadata: object): string {
  const yaml = stringify(metadata, {
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    lineWidth: 0,
  });
  return `${FENCE}\n${yaml}${FENCE}\n`;
}

/** Longer than any that people write: with the figures of hundreds of tests some have some 100 KB. */
const LONGEST = 2 ** 20;

/** What the beginning of a README.md says; nothing where there is none that can be read. */
export function metadataIn(text: string): Record<string, unknown> {
  const [, yaml] = /^\s*---\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)/s.exec(text.slice(0, LONGEST)) ?? [];
  try {
    const metadata: unknown = yaml === undefined ? undefined : parse(yaml, { logLevel: "error" });
    return isObject(metadata) ? metadata : {};
  } catch {
    return {}; // it is another's, and nothing that is computed depends on it
  }
}
