import { isObject } from "../../is-object.js";
import { numberText } from "../../text-format.js";
import { details, type Section, table, userText } from "../elements.js";
import { type Content, html } from "../html.js";

/** The options of a run, with what it chose for those that were left out. */
export function configurationSection(options: Readonly<Record<string, unknown>> | undefined): Section | null {
  if (options === undefined) return null;
  const rows = namedValues(options).map(([name, value]) => [html`<code>${name}</code>`, userText(value)]);
  const caption = "Options of the run";
  return {
    id: "configuration",
    title: "Configuration",
    content: details(
      `${rows.length} options`,
      table({ caption, head: ["option", "value"], rows, textColumns: [0, 1] }),
    ),
  };
}

/** Options by their names, those within others as `columns.text`. */
export function namedValues(
  options: Readonly<Record<string, unknown>>,
  prefix = "",
): [name: string, value: string][] {
  return Object.entries(options).flatMap(([name, value]): [string, string][] =>
    isObject(value) ? namedValues(value, `${prefix}${name}.`) : [[`${prefix}${name}`, valueText(value)]],
  );
}

/** A value of an option as people read it. */
export function valueText(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return value.map(valueText).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A table of the options that are not the same for all. */
export function differingOptions(
  named: readonly { name: string; options: Readonly<Record<string, unknown>> }[],
): Content {
  const values = named.map(({ options }) => new Map(namedValues(options)));
  const names = new Set(values.flatMap((own) => [...own.keys()]));
  const differing = [...names].filter((name) => new Set(values.map((own) => own.get(name))).size > 1);
  if (differing.length === 0) return html`<p>All options are the same.</p>`;
  return table({
    caption: "Options that differ",
    head: ["option", ...named.map(({ name }) => name)],
    rows: differing.map((name) => [
      html`<code>${name}</code>`,
      ...values.map((own) => userText(own.get(name) ?? "–")),
    ]),
    textColumns: [0, ...named.map((_, index) => index + 1)],
  });
}
