/** Markup in which every text is escaped: `html` makes it, and `trustedHtml` of what is our own. */
export interface Html {
  readonly markup: string;
}

/** What may stand in markup: nothing is written of null, undefined and false. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

/** A template of HTML. Values are texts, which are escaped, also within an attribute in double quotes, or markup. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  const markup = parts.map((part, index) => (index === 0 ? part : markupOf(values[index - 1]) + part));
  return { markup: markup.join("") };
}

/** A text that is markup already. No text of a run, row or file may come here. */
export function trustedHtml(markup: string): Html {
  return { markup };
}

function markupOf(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (typeof content === "string" || typeof content === "number") return escaped(String(content));
  return isHtml(content) ? content.markup : content.map(markupOf).join("");
}

function isHtml(content: Html | readonly Content[]): content is Html {
  return !Array.isArray(content);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
