import { type Content, type Html, html } from "./html.js";

/** A part of the page, to which the list of contents leads. */
export interface Section {
  id: string;
  title: string;
  content: Content;
}

export interface Table {
  caption: Content;
  head: readonly Content[];
  /** The first cell of each row is its heading. */
  rows: readonly (readonly Content[])[];
  /** By which charts find it. */
  id?: string;
  /** The columns of texts, from 0; the others hold numbers. Default: the first */
  textColumns?: readonly number[];
}

/** A table that can be scrolled with the keyboard where it is wider than the page. */
export function table({ caption, head, rows, id, textColumns = [0] }: Table): Html {
  const kind = (column: number) => (textColumns.includes(column) ? "text" : "number");
  const name = id === undefined ? null : html` id="${id}"`;
  return html`<div class="scroll" tabindex="0"><table${name}>
<caption>${caption}</caption>
<thead><tr>${head.map((cell, column) => html`<th scope="col" class="${kind(column)}">${cell}</th>`)}</tr></thead>
<tbody>
${rows.map((cells) => html`<tr>${cells.map((cell, column) => bodyCell(cell, column, kind(column)))}</tr>\n`)}</tbody>
</table></div>`;
}

function bodyCell(cell: Content, column: number, kind: string): Html {
  if (column === 0) return html`<th scope="row" class="${kind}">${cell}</th>`;
  return kind === "text" ? html`<td class="text">${cell}</td>` : html`<td>${cell}</td>`;
}

/** What is read on demand. */
export function details(summary: Content, content: Content): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`;
}

/** Names with what they stand for. */
export function facts(entries: readonly (readonly [name: string, value: Content])[]): Html {
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A text of the user's, perhaps with marks in it, in whichever direction it is written. */
export function userText(text: Content): Html {
  return html`<span dir="auto" class="user-text">${text}</span>`;
}
