/**
 * A text that YAML, Markdown and a terminal take as it is, on one line: control characters, separators of lines and halves of
 * characters are replaced.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff\p{Noncharacter_Code_Point}]/gu, "\ufffd");
}
