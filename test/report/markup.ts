import assert from "node:assert/strict";

/** Elements that have no end. */
const VOID = new Set(["meta", "link", "br"]);

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };

export interface Element {
  name: string;
  attributes: Record<string, string>;
  /** All that stands in it, without tags. */
  text: string;
}

/** The elements of a page of ours. @throws AssertionError where a tag is not closed, in its order */
export function elementsOf(page: string): Element[] {
  const withoutCode = page.replace(/(<(script|style)>).*?(<\/\2>)/gs, "$1$3");
  const all: Element[] = [];
  const open: Element[] = [];
  for (const [, tag, text] of withoutCode.matchAll(/<([^>]*)>|([^<]+)/g)) {
    if (text !== undefined) for (const element of open) element.text += unescaped(text);
    else if (tag!.startsWith("/")) assert.equal(open.pop()?.name, tag!.slice(1));
    else if (!tag!.startsWith("!")) {
      const element = elementOf(tag!);
      all.push(element);
      if (!VOID.has(element.name) && !tag!.endsWith("/")) open.push(element);
    }
  }
  assert.deepEqual(open, []);
  return all;
}

function elementOf(tag: string): Element {
  const attributes = [...tag.matchAll(/ ([\w-]+)(?:="([^"]*)")?/g)].map(([, name, value = ""]) => [
    name!,
    unescaped(value),
  ]);
  return { name: /^\w+/.exec(tag)![0], attributes: Object.fromEntries(attributes), text: "" };
}

function unescaped(text: string): string {
  return text.replace(/&([\w#]+);/g, (_, name) => ENTITIES[name] ?? assert.fail(`unknown entity ${name}`));
}

/** The exact figures of a page, in their order. */
export function figuresIn(page: string): number[] {
  return elementsOf(page)
    .filter(({ name }) => name === "data")
    .map(({ attributes }) => Number(attributes.value));
}

/** The texts of the cells below the heading of a table, row by row. */
export function rowsOf(page: string, caption: string): string[][] {
  const tables = page.match(/<table.*?<\/table>/gs)!;
  const table = tables.find((markup) =>
    elementsOf(markup).some(({ name, text }) => name === "caption" && text.startsWith(caption)),
  );
  const rows = table!.match(/<tbody>(.*)<\/tbody>/s)![1]!.match(/<tr>.*?<\/tr>/gs) ?? [];
  return rows.map((row) =>
    elementsOf(row)
      .filter(({ name }) => name === "th" || name === "td")
      .map(({ text }) => text.trim()),
  );
}

/** Checks what every page is to be: one file that loads nothing, with headings, captions and links that lead somewhere. */
export function checkPage(page: string, { isWatching = false } = {}): void {
  const elements = elementsOf(page);
  const named = (name: string) => elements.filter((element) => element.name === name);
  const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
  assert.equal(new Set(ids).size, ids.length);
  for (const { attributes, name } of elements) {
    assert.ok(
      !("src" in attributes) &&
        !("style" in attributes) &&
        !Object.keys(attributes).some((key) => key.startsWith("on")),
      name,
    );
    const { href } = attributes;
    if (href !== undefined && href !== "data:,") assert.ok(ids.includes(href.slice(1)), href);
    if (attributes["aria-labelledby"]) assert.ok(ids.includes(attributes["aria-labelledby"]));
    if (attributes["data-table"]) assert.ok(ids.includes(attributes["data-table"]));
    if (attributes.role === "img") assert.ok(attributes["aria-label"]);
  }
  assert.equal(named("h1").length, 1);
  assert.equal(named("caption").length, named("table").length);
  assert.equal(named("html")[0]!.attributes.lang, "en");
  const policy = named("meta").find(
    ({ attributes }) => attributes["http-equiv"] === "Content-Security-Policy",
  );
  const sources = policy!.attributes.content!.replace(/'sha256-[\w+/=]+'/g, "#").split("; ");
  assert.deepEqual(sources, [
    "default-src 'none'",
    "script-src # #",
    "style-src # #",
    "img-src data:",
    ...(isWatching ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  assert.match(page, /Copyright \(c\) \d+ Leon Sorokin/);
}
