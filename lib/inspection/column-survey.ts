import type { Row } from "../data/readers/row.js";
import { abridged, describe } from "../errors.js";
import { isObject } from "../is-object.js";
import type { ColumnSummary, ValueKind } from "./report.js";
import { textHash } from "./text-hash.js";

/** Distinct values are counted up to so many. */
const DISTINCT_COUNTED = 10_000;
/** Different values that are shown. */
const EXAMPLES = 3;
/** Columns that are looked at; rows of JSON may have any number of fields. */
const MOST_COLUMNS = 200;

/** What the columns of rows hold. */
export class ColumnSurvey {
  readonly #columns = new Map<string, Column>();
  #rows = 0;

  add({ fields }: Row): void {
    this.#rows++;
    for (const [name, value] of Object.entries(fields)) {
      const known = this.#columns.get(name);
      if (known === undefined && this.#columns.size === MOST_COLUMNS) continue;
      const column = known ?? new Column();
      if (known === undefined) this.#columns.set(name, column);
      column.add(value);
    }
  }

  summaries(): ColumnSummary[] {
    return [...this.#columns].map(([name, column]) => ({ name, ...column.summary(this.#rows) }));
  }
}

class Column {
  readonly #kinds = new Map<ValueKind, number>();
  readonly #distinct = new Set<number>();
  readonly #examples: string[] = [];
  #filled = 0;

  add(value: unknown): void {
    if (isEmpty(value)) return;
    this.#filled++;
    const kind = kindOf(value);
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (this.#distinct.size > DISTINCT_COUNTED) return;
    const before = this.#distinct.size;
    const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
    this.#distinct.add(textHash(text));
    if (this.#distinct.size > before && before < EXAMPLES) this.#examples.push(shown(value, text));
  }

  summary(rows: number): Omit<ColumnSummary, "name"> {
    const isMore = this.#distinct.size > DISTINCT_COUNTED;
    return {
      kinds: Object.fromEntries([...this.#kinds].sort(([, a], [, b]) => b - a)),
      empty: rows - this.#filled,
      distinct: isMore ? null : this.#distinct.size,
      examples: this.#examples,
    };
  }
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/** A number that a text spells is one: tables have no other way. */
function kindOf(value: unknown): ValueKind {
  if (typeof value === "string") {
    if (/^[+-]?\d+$/.test(value.trim())) return "integer";
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim()) ? "number" : "text";
  }
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "bigint" || Number.isInteger(value)) return "integer";
  if (typeof value === "number") return "number";
  return Array.isArray(value) ? "list" : "object";
}

function shown(value: unknown, text: string): string {
  return Array.isArray(value) || isObject(value) ? abridged(text) : describe(value);
}
