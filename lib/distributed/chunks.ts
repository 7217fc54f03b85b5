import { ALIGNMENT, type ParameterGroup } from "../optim/flat-parameters.js";
import type { Division } from "./deal.js";

/** A stretch of elements. */
export interface Range {
  start: number;
  length: number;
}

/** A stretch of one group's buffers that travels between the ranks as a whole. */
export interface Chunk extends Range {
  /** Number of the group. */
  group: number;
  /** The part that this rank's optimizer updates, one of `size` equal ones; null where every rank updates all. */
  own: Range | null;
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
  groups: readonly Pick<ParameterGroup, "segments">[],
  { rank, size, shard }: Division & { shard: boolean },
  chunkElements = CHUNK_ELEMENTS,
): Chunk[] {
  const unit = shard ? size * ALIGNMENT : ALIGNMENT;
  const longest = Math.max(unit, Math.floor(chunkElements / unit) * unit);
  const chunks = groups.flatMap(({ segments }, group) => {
    const length = lengthOf(segments);
    const divisible = Math.floor(length / unit) * unit;
    const cuts = [...cut(0, divisible, longest), ...cut(divisible, length, longest)];
    return cuts.map((range) => ({
      group,
      ...range,
      own: shard && range.start < divisible ? partOf(range, rank, size) : null,
      lastReached: Math.min(
        ...segments.filter((segment) => overlaps(segment, range)).map(({ place }) => place),
      ),
    }));
  });
  chunks.sort((a, b) => b.lastReached - a.lastReached);
  return chunks.map(({ lastReached: _, ...chunk }) => chunk);
}

/** The numbers of the chunks that a parameter has elements in. */
export function chunksWith(
  segment: { offset: number; size: number },
  group: number,
  chunks: readonly Chunk[],
): number[] {
  return [...chunks.keys()].filter(
    (number) => chunks[number]!.group === group && overlaps(segment, chunks[number]!),
  );
}

/** Elements of a group's buffers. */
function lengthOf(segments: ParameterGroup["segments"]): number {
  const { offset, size } = segments.at(-1)!;
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

/** Where the place of a parameter is padded, a chunk may hold padding alone: it counts as the parameter before it. */
function overlaps({ offset, size }: { offset: number; size: number }, { start, length }: Range): boolean {
  const padded = Math.ceil(size / ALIGNMENT) * ALIGNMENT;
  return offset < start + length && start < offset + padded;
}
