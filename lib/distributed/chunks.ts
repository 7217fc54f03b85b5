import { ALIGNMENT, type ParameterGroup } from "../optim/parameter-group.js";
import type { World } from "./partition.js";

/** A range of elements. */
export interface Range {
  start: number;
  length: number;
}

/** A range of one group's buffers that travels between the ranks as a whole. */
export interface Chunk extends Range {
  /** Index of the group. */
  group: number;
  /** The part that this rank's optimizer updates, one of `size` equal ones; null where every rank updates all. */
  shard: Range | null;
}

/** 8 MB in float32: large enough for the network, small enough that most are on their way before backward ends. */
const CHUNK_ELEMENTS = 2 ** 21;

/**
 * Cuts the groups' buffers into chunks, in the order in which backward completes them, which is the same on every rank.
 * What is left over when a group is divided among the ranks is a chunk that is not.
 *
 * @param division `shard`: whether each chunk is divided among the ranks
 */
export function chunksOf(
  groups: readonly Pick<ParameterGroup, "slots">[],
  { rank, size, shard }: World & { shard: boolean },
  chunkElements = CHUNK_ELEMENTS,
): Chunk[] {
  const unit = shard ? size * ALIGNMENT : ALIGNMENT;
  const longest = Math.max(unit, Math.floor(chunkElements / unit) * unit);
  const chunks = groups.flatMap(({ slots }, group) => {
    const length = lengthOf(slots);
    const divisible = Math.floor(length / unit) * unit;
    const cuts = [...cut(0, divisible, longest), ...cut(divisible, length, longest)];
    return cuts.map((range) => ({
      group,
      ...range,
      shard: shard && range.start < divisible ? partOf(range, rank, size) : null,
      lastReached: Math.min(...slots.filter((slot) => overlaps(slot, range)).map(({ order }) => order)),
    }));
  });
  chunks.sort((a, b) => b.lastReached - a.lastReached);
  return chunks.map(({ lastReached: _, ...chunk }) => chunk);
}

/** Indices of the chunks that a parameter has elements in. */
export function chunksWith(
  slot: { offset: number; size: number },
  group: number,
  chunks: readonly Chunk[],
): number[] {
  return [...chunks.keys()].filter(
    (index) => chunks[index]!.group === group && overlaps(slot, chunks[index]!),
  );
}

/** Elements of a group's buffers. */
function lengthOf(slots: ParameterGroup["slots"]): number {
  const { offset, size } = slots.at(-1)!;
  return Math.ceil((offset + size) / ALIGNMENT) * ALIGNMENT;
}

function cut(start: number, end: number, longest: number): Range[] {
  const count = Math.ceil((end - start) / longest);
  return Array.from({ length: count }, (_, index) => {
    const first = start + index * longest;
    return { start: first, length: Math.min(longest, end - first) };
  });
}

function partOf({ start, length }: Range, rank: number, size: number): Range {
  return { start: start + (rank * length) / size, length: length / size };
}

/** Where the slot of a parameter is padded, a chunk may hold padding alone: it counts as the parameter before it. */
function overlaps({ offset, size }: { offset: number; size: number }, { start, length }: Range): boolean {
  const padded = Math.ceil(size / ALIGNMENT) * ALIGNMENT;
  return offset < start + length && start < offset + padded;
}
