import { trainingLabels } from "../../data/labels.js";
import { describe } from "../../errors.js";
import type { InspectedRow, LabelledTask, RowFault, TaskInspection } from "../inspection.js";
import { isInsideWord } from "../texts/word-boundary.js";
import { entitiesOf } from "./entity-spans.js";
import type { SpannedText, TaggedWords } from "./object-rows.js";
import { readTaggingRows, type TaggingRow } from "./rows.js";
import { detectScheme, isTagOf, misplacedTags, OUTSIDE, type TaggingScheme } from "./scheme.js";

/** Of rows of words: those that are texts with entities have no tags. */
const labelled: LabelledTask = {
  kind: "tag",
  options(rows) {
    const tags = rows.map(({ tagged }) => tagged!.tags);
    const scheme = detectScheme(tags);
    return { labels: trainingLabels([...tags.flat(), ...(scheme === "plain" ? [] : [OUTSIDE])]), scheme };
  },
};

/** The tags are read by the scheme that the options name, or that the first rows show. */
export const taggingInspection: TaskInspection = {
  options: ["columns", "labels", "scheme"],
  longTexts: "windows",
  counted: "entities",
  labelled,
  async *rows(source, { scheme: given, ...reading }) {
    let scheme = given as TaggingScheme | undefined;
    for await (const rows of readTaggingRows(source, reading)) {
      scheme ??= detectScheme(rows.flatMap((row) => (row.kind === "words" ? [row.tags] : [])));
      yield rows.map((row) => inspected(row, scheme!));
    }
  },
};

function inspected(row: TaggingRow, scheme: TaggingScheme): InspectedRow {
  const { location } = row;
  return { location, ...(row.kind === "words" ? inspectedWords(row, scheme) : inspectedText(row)) };
}

function inspectedWords(
  { words, tags, locationOf }: TaggingRow & TaggedWords,
  scheme: TaggingScheme,
): Omit<InspectedRow, "location"> {
  const entities = scheme === "plain" ? [] : entitiesOf(tags);
  const labels = scheme === "plain" ? tags : entities.map(({ type }) => type);
  const named = entities.map(({ type, start, end }) => ({ type, text: words.slice(start, end).join(" ") }));
  const faults = [...foreignTags(tags, scheme), ...tagsOutOfPlace(tags, scheme)];
  return {
    inputs: [words.join(" ")],
    target: scheme === "plain" ? tags.join(" ") : entityList(named),
    labels,
    tagged: { words, tags },
    faults: faults.map(({ word, ...fault }) => ({
      ...fault,
      detail: `${locationOf(word)}: ${fault.detail}`,
    })),
  };
}

/** Entities as one text, which does not tell how the words around them were split. */
function entityList(entities: readonly { type: string; text: string }[]): string {
  return entities.map(({ type, text }) => `${type}: ${text}`).join(", ") || "no entities";
}

type TagFault = RowFault & { word: number };

function foreignTags(tags: readonly string[], scheme: TaggingScheme): TagFault[] {
  return tags.flatMap((tag, word) => {
    if (isTagOf(scheme, tag)) return [];
    return [{ kind: "foreign-tag", what: `tags that the scheme ${scheme} does not have`, detail: tag, word }];
  });
}

function tagsOutOfPlace(tags: readonly string[], scheme: TaggingScheme): TagFault[] {
  const what = `tags that the scheme ${scheme} does not allow where they stand`;
  return misplacedTags(tags, scheme).map((misplaced) => ({ kind: "misplaced-tag", what, ...misplaced }));
}

function inspectedText({ text, entities }: SpannedText): Omit<InspectedRow, "location"> {
  return {
    inputs: [text],
    target: entityList(
      entities.map(({ start, end, label }) => ({ type: label, text: text.slice(start, end) })),
    ),
    labels: entities.map(({ label }) => label),
    faults: entities.flatMap((span) => spanFaults(text, span)),
  };
}

function spanFaults(text: string, { start, end, label }: SpannedText["entities"][number]): RowFault[] {
  const covered = text.slice(start, end);
  const detail = `${describe(covered)} (${label})`;
  if (covered.trim() !== covered)
    return [{ kind: "entity-with-space", what: "entities that begin or end with white space", detail }];
  if (!isInsideWord(text, start) && !isInsideWord(text, end)) return [];
  return [{ kind: "entity-inside-word", what: "entities that begin or end inside a word", detail }];
}
