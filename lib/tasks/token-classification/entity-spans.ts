import { type EntityScheme, type EntitySpan, OUTSIDE, type TagParts, tagParts } from "./scheme.js";

/**
 * The entities of a tagged sentence, as conlleval and seqeval's default mode read it in any scheme: also a sequence
 * that breaks its scheme's rules has entities, such as one that an I- after O begins.
 */
export function entitiesOf(tags: readonly string[]): EntitySpan[] {
  const entities: EntitySpan[] = [];
  let previous = tagParts(OUTSIDE);
  for (const [word, tag] of tags.entries()) {
    const parts = tagParts(tag);
    if (parts.prefix !== OUTSIDE) {
      if (beginsEntity(previous, parts)) entities.push({ type: parts.type, start: word, end: word });
      entities.at(-1)!.end = word + 1;
    }
    previous = parts;
  }
  return entities;
}

function beginsEntity(previous: TagParts, tag: TagParts): boolean {
  return "BS".includes(tag.prefix) || "OES".includes(previous.prefix) || previous.type !== tag.type;
}

/** When seqeval's strict mode takes a word for an entity's first, and the word before for the last of one. */
const STRICT_RULES: Record<EntityScheme, Record<"begins" | "ends", (a: TagParts, b: TagParts) => boolean>> = {
  BIO: {
    begins: (_, { prefix }) => prefix === "B",
    ends: () => true,
  },
  IOB1: {
    begins: (previous, { prefix, type }) =>
      prefix === "B"
        ? "BI".includes(previous.prefix) && previous.type === type
        : prefix === "I" && !(previous.prefix === "I" && previous.type === type),
    // As seqeval has it: a single B- word before another type's B- ends nowhere, and does not count.
    ends: (last, next) => !(last.prefix === "B" && next.prefix === "B" && last.type !== next.type),
  },
  BIOES: {
    begins: (_, { prefix }) => "BS".includes(prefix),
    ends: (last) => "ES".includes(last.prefix),
  },
};

/** The entities of a tagged sentence that follow the scheme's rules, as seqeval's strict mode reads it. */
export function strictEntitiesOf(tags: readonly string[], scheme: EntityScheme): EntitySpan[] {
  const parts = [...tags, OUTSIDE].map(tagParts);
  const { begins, ends } = STRICT_RULES[scheme];
  const entities: EntitySpan[] = [];
  let start = 0;
  while (start < tags.length) {
    let end = start + 1;
    if (begins(parts[start - 1] ?? tagParts(OUTSIDE), parts[start]!)) {
      while (goesOn(parts[end - 1]!, parts[end]!)) end++;
      if (ends(parts[end - 1]!, parts[end]!)) entities.push({ type: parts[start]!.type, start, end });
    }
    start = end;
  }
  return entities;
}

function goesOn(previous: TagParts, { prefix, type }: TagParts): boolean {
  return "IE".includes(prefix) && "BI".includes(previous.prefix) && previous.type === type;
}
