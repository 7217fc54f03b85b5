import { groupsOf } from "../arrays.js";
import { quoted } from "./data-error.js";

/** What labels seem to be that their writer did not mean: a sentence about each kind. */
export function doubtfulLabels(labels: readonly string[]): string[] {
  return [...alikeLabels(labels), ...missingLabels(labels), ...joinedLabels(labels)];
}

/** Labels that are different, but hardly meant to be: a sentence about each group. */
export function alikeLabels(labels: readonly string[]): string[] {
  return groupsOf(labels, looseForm)
    .filter((group) => group.length > 1)
    .map((group) => `labels that look as if they were the same: ${visible(group)}`);
}

/** How pandas, databases, spreadsheets and data sets write a value that is not there. */
export const MISSING: readonly string[] = [
  "nan",
  "NaN",
  "NULL",
  "null",
  "<NA>",
  "N/A",
  "#N/A",
  "\\N",
  "-",
  "?",
];
/** In data sets of the Hub the class number of rows without a label; on a scale from -1 to 1 or -2 to 2, one of its values. */
const NO_CLASS = "-1";

/** Labels of rows that hardly have one: a sentence, where there are some. */
function missingLabels(labels: readonly string[]): string[] {
  const isScale = labels.every((label) => labels.includes(String(-Number(label))));
  const found = labels.filter((label) => MISSING.includes(label) || (label === NO_CLASS && !isScale));
  return found.length === 0 ? [] : [`labels that other programs write where there is none: ${quoted(found)}`];
}

/** Cyrillic and Greek letters, and the Latin ones that look like them, in lower case. */
const LOOK_ALIKES = new Map(
  ["аa", "еe", "оo", "рp", "сc", "уy", "хx", "іi", "ѕs", "јj", "οo", "αa", "νv", "ρp"].map((pair) => [
    pair[0]!,
    pair[1]!,
  ]),
);

const OTHER_ALPHABETS = /[\u0370-\u04ff]/g;

/** What HTML writes for the characters that it needs itself. */
const ENTITIES = new Map(
  Object.entries({ "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" }),
);

/** What white space, case, compatible, invisible and similar characters, quotes, hyphens and the writing of numbers do not change. */
function looseForm(label: string): string {
  const text = label
    .replace(/&\S+?;/g, (entity) => ENTITIES.get(entity) ?? entity)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu, "")
    .replace(/^(["'`])(.+)\1$/, "$2")
    .replace(/(?<=\p{L})[\p{Pd}_](?=\p{L})/gu, "")
    .replace(OTHER_ALPHABETS, (letter) => LOOK_ALIKES.get(letter) ?? letter);
  const isLong = /\d{16}/.test(text); // of which JavaScript's numbers lose digits
  return text !== "" && !isLong && Number.isFinite(Number(text)) ? String(Number(text)) : text;
}

/** Labels in quotes, with what does not show as JSON may write it, and letters of other alphabets among Latin ones. */
function visible(labels: readonly string[]): string {
  const text = quoted(labels);
  const hidden = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u00a0]/gu;
  return (/[a-z]/i.test(text) ? text.replace(OTHER_ALPHABETS, escaped) : text).replace(hidden, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** What may stand between labels that are written in one text; it may be a part of a name, too. */
const SEPARATORS = [",", ";", "|", "/", "+", "&", " "];
/** What is hardly a part of a name. */
const SURE_SEPARATORS = [",", ";", "|"];

/** Labels that seem to be several: a sentence, where there are some. */
export function joinedLabels(labels: readonly string[]): string[] {
  const known = new Set(labels);
  const joined = labels.filter((label) => isWrittenList(label) || isJoined(label, known));
  const found = joined.length > 0 ? joined : combinations(labels);
  if (found.length === 0) return [];
  return [
    `labels that look like several, of which a row of multi-label has an array, or a text with | between: ${quoted(found)}`,
  ];
}

/** Whether a label is a list as Python or JSON writes it, or a vector with a zero or a one for each label. */
function isWrittenList(label: string): boolean {
  return /^\[.*\]$/.test(label) || /^[({]\s*['"].*[)}]$/.test(label) || /^[01](?:[\s,;|]+[01])+$/.test(label);
}

/** Whether a label is made of others, all of them or, where these are apart in a way that names are not, one. */
function isJoined(label: string, known: ReadonlySet<string>): boolean {
  return SEPARATORS.some((separator) => {
    const parts = partsOf(label, separator);
    const isKnown = (part: string) => known.has(part);
    if (parts.length < 2) return false;
    return SURE_SEPARATORS.includes(separator) ? parts.some(isKnown) : parts.every(isKnown);
  });
}

/** Labels of which no part is one itself, but half of the parts occur in several. */
function combinations(labels: readonly string[]): string[] {
  for (const separator of SURE_SEPARATORS) {
    const made = labels.map((label) => partsOf(label, separator));
    const some = labels.filter((_, index) => made[index]!.length > 1);
    if (some.length < 2) continue;
    const all = made.flatMap((parts) => [...new Set(parts)]);
    const distinct = new Set(all);
    const repeated = groupsOf(all, (part) => part).filter(({ length }) => length > 1);
    if (2 * repeated.length >= distinct.size) return some;
  }
  return [];
}

function partsOf(label: string, separator: string): string[] {
  return label.split(separator).map((part) => part.trim());
}
