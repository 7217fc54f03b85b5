/**
 * How tags mark entities. Each tag is `O`, outside any entity, or a prefix and the entity's type: `B-person`.
 *
 * - `BIO` (IOB2): B- begins every entity, I- goes on.
 * - `IOB1`: I- is every word of an entity, but B- begins one that follows another of its type directly.
 * - `BIOES` (IOBES): B- begins, I- goes on, E- ends, S- is an entity of one word.
 * - `plain`: tags stand for themselves, such as parts of speech, `O` among them; there are no entities.
 */
export const TAGGING_SCHEMES = ["BIO", "IOB1", "BIOES", "plain"] as const;
export type TaggingScheme = (typeof TAGGING_SCHEMES)[number];
/** The schemes whose tags mark entities. */
export type EntityScheme = Exclude<TaggingScheme, "plain">;

const PREFIXES: Record<EntityScheme, string> = { BIO: "BI", IOB1: "BI", BIOES: "BIES" };

/**
 * The parts of a tag; of `O` the prefix is "O" and the type empty. A tag without a prefix among others that have one, such as the `X`
 * of some models, counts as I- of that name, as in transformers.
 */
export interface TagParts {
  prefix: string;
  type: string;
}

export const OUTSIDE = "O";

export function tagParts(tag: string): TagParts {
  if (tag === OUTSIDE) return { prefix: OUTSIDE, type: "" };
  return isPrefixed(tag) ? { prefix: tag.slice(0, 1), type: tag.slice(2) } : { prefix: "I", type: tag };
}

/** Whether a tag can stand in texts of this scheme. */
export function isTagOf(scheme: TaggingScheme, tag: string): boolean {
  if (scheme === "plain") return tag !== "";
  return tag === OUTSIDE || (PREFIXES[scheme].includes(tag.slice(0, 1)) && tag[1] === "-" && tag.length > 2);
}

/** Whether a tag has a prefix that some scheme gives tags of entities. */
function isPrefixed(tag: string): boolean {
  return tag !== OUTSIDE && isTagOf("BIOES", tag);
}

/** Whether tags stand for themselves: none has a prefix, and not all are `O`. */
export function arePlain(tags: Iterable<string>): boolean {
  let hasBare = false;
  for (const tag of tags) {
    if (isPrefixed(tag)) return false;
    hasBare ||= tag !== OUTSIDE;
  }
  return hasBare;
}

/**
 * Whether tags without a prefix that some scheme has all look as if they had one: `b-person`, `B_person`, `person-B`, or `U-person` of
 * BILOU. `O` may be written otherwise, too.
 */
export function areMisspelt(tags: Iterable<string>): boolean {
  const inside = [...new Set(tags)].filter((tag) => !/^<?[o0]>?$/i.test(tag));
  return inside.length > 0 && inside.every((tag) => /^<?[bilumesw][-_]|[-_][bilumesw]>?$/i.test(tag));
}

/** Every tag that entities of these types can have, sorted by code unit: a model's labels. */
export function tagsOfTypes(types: Iterable<string>, scheme: EntityScheme): string[] {
  const tags = [...types].flatMap((type) => [...PREFIXES[scheme]].map((prefix) => `${prefix}-${type}`));
  return [...tags, OUTSIDE].sort();
}

/** An entity: words `start` to `end` (exclusive) of its sentence. */
export interface EntitySpan {
  type: string;
  start: number;
  end: number;
}

/** The tags of a sentence of so many words that has these entities, of which no two overlap. */
export function tagEntities(entities: readonly EntitySpan[], words: number, scheme: TaggingScheme): string[] {
  const tags: string[] = Array(words).fill(OUTSIDE);
  const inOrder = [...entities].sort((a, b) => a.start - b.start);
  for (const { type, start, end } of inOrder) {
    for (let word = start; word < end; word++) {
      const ends = { first: word === start, last: word === end - 1 };
      const before = tags[start - 1] ?? OUTSIDE;
      tags[word] = scheme === "plain" ? type : `${prefixOf(ends, before, type, scheme)}-${type}`;
    }
  }
  return tags;
}

/** The prefix of an entity's word; `before` is the tag of the word before the entity. */
function prefixOf(
  { first, last }: { first: boolean; last: boolean },
  before: string,
  type: string,
  scheme: EntityScheme,
): string {
  if (scheme === "BIO") return first ? "B" : "I";
  if (scheme === "IOB1") return first && tagParts(before).type === type ? "B" : "I";
  if (first) return last ? "S" : "B";
  return last ? "E" : "I";
}

/**
 * Whether one tag may follow another. `O` stands for the end of the sentence as well as for what comes before its
 * first word.
 */
export function mayFollow(previous: string, tag: string, scheme: TaggingScheme): boolean {
  if (scheme === "plain") return true;
  const [before, after] = [tagParts(previous), tagParts(tag)];
  const goesOn = "BI".includes(before.prefix) && before.type === after.type;
  if (scheme === "IOB1") return after.prefix !== "B" || goesOn;
  if (scheme === "BIO") return after.prefix !== "I" || goesOn;
  const [open, inside] = ["BI".includes(before.prefix), "IE".includes(after.prefix)];
  return open ? inside && goesOn : !inside;
}

/** The tags of a sentence that their scheme does not allow where they stand, such as I- after O in BIO. */
export function misplacedTags(
  tags: readonly string[],
  scheme: TaggingScheme,
): { word: number; detail: string }[] {
  return [...tags, OUTSIDE].flatMap((tag, index) => {
    const previous = tags[index - 1] ?? OUTSIDE;
    if (mayFollow(previous, tag, scheme)) return [];
    return [{ word: Math.min(index, tags.length - 1), detail: `${tag} after ${previous}` }];
  });
}

/**
 * The scheme that tagged sentences follow: plain where no tag has a prefix, unless all are `O`; BIOES where a tag
 * begins with E- or S-; IOB1 where I- begins entities and B- only ever separates two of one type; BIO otherwise.
 */
export function detectScheme(sentences: readonly (readonly string[])[]): TaggingScheme {
  if (arePlain(tagsIn(sentences))) return "plain";
  let couldBeBio = true;
  let couldBeIob1 = true;
  for (const tags of sentences) {
    for (const [word, tag] of tags.entries()) {
      const previous = tags[word - 1] ?? OUTSIDE;
      if (tag !== OUTSIDE && !isPrefixed(tag)) continue; // says nothing of the scheme; training refuses it
      if (/^[ES]-/.test(tag)) return "BIOES";
      couldBeBio &&= mayFollow(previous, tag, "BIO");
      couldBeIob1 &&= mayFollow(previous, tag, "IOB1");
    }
  }
  return couldBeIob1 && !couldBeBio ? "IOB1" : "BIO";
}

function* tagsIn(sentences: readonly (readonly string[])[]): Generator<string> {
  for (const tags of sentences) yield* tags;
}
