import { figure } from "../text-format.js";
import { type Content, html } from "./html.js";

const DATES = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
const COUNTS = new Intl.NumberFormat("en-US");

/** A figure as people read it, with all its digits for programs: `<data value="0.8325688">0.8326</data>`. */
export function dataOf(value: number | null | undefined): Content {
  return typeof value === "number" ? html`<data value="${value}">${shortFigure(value)}</data>` : "–";
}

/** A share as `12.5 %`, on one line. */
export function percentOf(share: number): Content {
  return html`<data value="${share}">${(100 * share).toFixed(1)}\u00a0%</data>`;
}

/** Counts in full, and four digits after the point; of thousands none, and of very small and very large numbers four in all. */
export function shortFigure(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value)) return size < 1e15 ? COUNTS.format(value) : value.toExponential(3);
  if (size < 1e-3 || size >= 1e7) return value.toExponential(3);
  return size >= 1e3 ? COUNTS.format(Math.round(value)) : figure(value);
}

/** A number of a curve: six digits, without separators, as the charts read it. */
export function curveFigure(value: number | null): string {
  return value === null ? "" : String(Number(value.toPrecision(6)));
}

export function gibibytes(bytes: number): number {
  return bytes / 2 ** 30;
}

/** `1 h 5 min`, `2 min 3 s`, `4.2 s` */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A time of ISO 8601 as people read it; what is none stays as it is. */
export function dateText(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : `${DATES.format(date)} UTC`;
}
