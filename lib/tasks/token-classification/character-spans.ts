import { dataError } from "../../data/data-error.js";
import { describe } from "../../errors.js";
import { cleanLabel } from "../../options/label-options.js";
import { spanOfCodePoints } from "./code-point-offsets.js";
import { OUTSIDE } from "./scheme.js";

/** Where an entity stands in a text, in UTF-16 units as `slice` takes them, and what it is. */
export interface CharacterSpan {
  start: number;
  end: number;
  label: string;
}

/** An entity as a row gives it. */
interface GivenSpan {
  start: unknown;
  end: unknown;
  label: unknown;
  /** What it covers, where the row says so. */
  text?: unknown;
  /** Whether its form is one of Python's tools, which count code points, or may be. */
  isForeign: boolean;
}

/**
 * The entities of a text, in the order in which they begin: `{start, end, label}`, spaCy's and doccano's
 * `[start, end, label]` and `{start_offset, end_offset, label}`, Label Studio's `{start, end, labels: [label]}`.
 *
 * @param isForeign whether the field they are in is another tool's
 * @throws LibbertError ERR_DATA, naming the location: another form, a span outside the text, spans that overlap, offsets
 *   that differ by whether code points or UTF-16 units are counted, where the form does not tell, or that seem to count code points
 */
export function spansOf(
  text: string,
  entities: readonly unknown[],
  { isForeign, location }: { isForeign: boolean; location: string },
): CharacterSpan[] {
  const spans = entities
    .map((entity, index) =>
      checkedSpan(text, givenSpan(entity, isForeign), `${location}, entity ${index + 1}`),
    )
    .sort((a, b) => a.start - b.start);
  for (const [index, { start, label }] of spans.entries()) {
    const before = spans[index - 1];
    if (!before || before.end <= start) continue;
    const both = `${shown(text, before)} and ${shown(text, spans[index]!)}`;
    throw dataError(location, "entities that do not overlap", `${both} (${before.label} and ${label})`);
  }
  return spans;
}

function givenSpan(entity: unknown, isForeign: boolean): GivenSpan {
  if (Array.isArray(entity)) {
    const [start, end, label] = entity;
    return { start, end, label, isForeign: true };
  }
  const fields = Object(entity) as Record<string, unknown>;
  if ("start_offset" in fields)
    return { start: fields.start_offset, end: fields.end_offset, label: fields.label, isForeign: true };
  const { start, end, label, labels, text } = fields;
  const [only] = Array.isArray(labels) && labels.length === 1 ? labels : [];
  return { start, end, label: label ?? only, text, isForeign: isForeign && text === undefined };
}

function checkedSpan(
  text: string,
  { start, end, label, text: own, isForeign }: GivenSpan,
  location: string,
): CharacterSpan {
  if (typeof label !== "string" || label.trim() === "") throw dataError(location, "a label", describe(label));
  if (cleanLabel(label) === OUTSIDE)
    throw dataError(location, `a label other than ${OUTSIDE}, which stands for no entity,`, describe(label));
  if (!Number.isInteger(start) || !Number.isInteger(end))
    throw dataError(location, "integers for start and end", `${describe(start)} and ${describe(end)}`);
  const span = { start: start as number, end: end as number, label: cleanLabel(label) };
  if (span.start < 0 || span.start >= span.end || span.end > text.length) {
    const received = `${span.start} to ${span.end}`;
    throw dataError(location, `a span within the text's ${text.length} UTF-16 units`, received);
  }
  if (isForeign && /[\ud800-\udbff]/.test(text.slice(0, span.end))) {
    const what =
      "spans as {start, end, label}, whose offsets count UTF-16 units, in a text with characters of two units,";
    throw dataError(location, what, "a form in which they may count code points");
  }
  if (own !== undefined && own !== text.slice(span.start, span.end)) {
    const units = "(offsets count UTF-16 units)";
    const what = `the text ${describe(own)} from ${span.start} to ${span.end} ${units}`;
    throw dataError(location, what, shown(text, span));
  }
  const counted = own === undefined ? spanOfCodePoints(text, span) : null;
  if (counted !== null) {
    const what = `${counted.start} and ${counted.end} for start and end, in UTF-16 units (or the entity's own text beside them)`;
    throw dataError(location, what, `${span.start} and ${span.end}, which seem to count code points`);
  }
  return span;
}

function shown(text: string, { start, end }: CharacterSpan): string {
  return describe(text.slice(start, end));
}
