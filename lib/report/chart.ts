import { type Html, html } from "./html.js";
import { shortFigure } from "./numbers.js";

export interface Line {
  title: string;
  /** Column of the table that has its numbers, from 0. */
  column: number;
}

export interface Chart {
  title: string;
  /** The table whose columns it draws over its first. */
  table: string;
  lines: readonly Line[];
  /** The columns of the lowest and the highest values, between which an area is filled. */
  band?: readonly [lowest: number, highest: number];
  /** What is said of the numbers in words. */
  summary: string;
}

/** Where a script draws a chart of a table's numbers. Without the script its title and its summary are there. */
export function chart({ title, table, lines, band, summary }: Chart): Html {
  const columns = lines.map(({ column }) => column).join(" ");
  const label = `${title}: ${summary}. The numbers are in the table.`;
  return html`<figure class="chart" data-table="${table}" data-lines="${columns}" data-band="${band?.join(" ") ?? ""}">
<figcaption><strong>${title}</strong> <span>${summary}</span></figcaption>
<div class="plot" role="img" aria-label="${label}"></div>
</figure>`;
}

/** A point of a curve: after so many updates, a number. */
export type Point = readonly [step: number, value: number];

/** How a curve goes, in words. */
export function courseText(points: readonly Point[], extreme: "lowest" | "highest"): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return "no numbers";
  if (points.length === 1) return `${shortFigure(first[1])} after update ${shortFigure(first[0])}`;
  const sign = extreme === "lowest" ? 1 : -1;
  const best = points.reduce((found, point) => (sign * point[1] < sign * found[1] ? point : found), first);
  return `${shortFigure(first[1])} at first, ${shortFigure(last[1])} in the end, ${extreme} ${shortFigure(best[1])} at update ${shortFigure(best[0])}`;
}
