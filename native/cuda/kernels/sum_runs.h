// The sums of rows that have the same id, in a fixed order and without atomic additions. The ids come sorted: rows of
// one id are a run. A warp has a chunk of the sorted rows, and of their columns a pack for each lane. SumRunsKernel
// writes the sums of runs that lie within its chunk, and of those that go on in others what its chunk has;
// AddRunsKernel adds these up.

#pragma once

#include "row.h"

namespace libbert {

template <typename T>
struct Runs {
  const T* rows;                // [count, width]
  const int64_t *ids, *places;  // [count], sorted: row places[i] has the id ids[i]
  T* sums;                      // [tableRows, width]
  Accumulate<T>* partials;      // [chunks, 2, width]: of a run that began before the chunk, and of one that goes on
  int64_t count, tableRows, skippedId;
  int width;

  static constexpr int rowsPerChunk = 64, columnsPerWarp = warpSize * packSize<T>;

  static int64_t chunksOf(int64_t count) {
    return (count + rowsPerChunk - 1) / rowsPerChunk;
  }

  static int64_t blocksFor(int64_t count, int width) {
    return blocksOfRows(chunksOf(count) * ((width + columnsPerWarp - 1) / columnsPerWarp));
  }

  template <typename Thread>
  LIBBERT_DEVICE void writeSum(const Thread& thread, int64_t id, int column,
                               const Accumulate<T> (&totals)[packSize<T>]) const {
    if (id == skippedId) return;
    thread.require(id >= 0 && id < tableRows);
    Pack<T> sum;
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) store(sum.values[k], totals[k]);
    writePack(sums + id * width + column, sum);
  }

  LIBBERT_DEVICE Accumulate<T>* partial(int64_t chunk, bool goesOn, int column) const {
    return partials + (2 * chunk + goesOn) * width + column;
  }
};

/** What a lane works on. */
struct Chunk {
  int64_t index, begin, end;
  int column;

  template <typename T, typename Thread>
  static LIBBERT_DEVICE Chunk of(const Thread& thread, const Runs<T>& runs) {
    const int64_t strips = (runs.width + Runs<T>::columnsPerWarp - 1) / Runs<T>::columnsPerWarp;
    const int64_t warp = thread.block() * warpsPerBlock + thread.warp(), index = warp / strips;
    const int64_t begin = index * Runs<T>::rowsPerChunk, next = begin + Runs<T>::rowsPerChunk;
    const int column = static_cast<int>(warp % strips) * Runs<T>::columnsPerWarp + thread.lane() * packSize<T>;
    return {index, begin, next < runs.count ? next : runs.count, column};
  }

  template <typename T>
  LIBBERT_DEVICE bool isEmpty(const Runs<T>& runs) const {
    return begin >= runs.count || column >= runs.width;
  }

  template <typename T>
  LIBBERT_DEVICE bool beginsWithin(const Runs<T>& runs, int64_t id) const {
    return begin == 0 || runs.ids[begin - 1] != id;
  }

  template <typename T>
  LIBBERT_DEVICE bool endsWithin(const Runs<T>& runs, int64_t id) const {
    return end == runs.count || runs.ids[end] != id;
  }
};

template <typename T>
struct SumRunsKernel {
  using A = Accumulate<T>;
  using Arguments = Runs<T>;
  static constexpr int threadsPerBlock = warpsPerBlock * warpSize, blocksAtOnce = 8;
  static constexpr int rowsAtOnce = 4;  // read before the first of them is added

  struct Shared {};

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& runs, Shared&) {
    const Chunk chunk = Chunk::of(thread, runs);
    if (chunk.isEmpty(runs)) return;
    A totals[packSize<T>] = {};
    for (int64_t first = chunk.begin; first < chunk.end; first += rowsAtOnce) {
      Pack<T> packs[rowsAtOnce];
      LIBBERT_UNROLL
      for (int i = 0; i < rowsAtOnce; ++i) {
        if (first + i < chunk.end) packs[i] = readPack(runs.rows + runs.places[first + i] * runs.width + chunk.column);
      }
      LIBBERT_UNROLL
      for (int i = 0; i < rowsAtOnce; ++i) {
        if (first + i < chunk.end) add(thread, runs, chunk, first + i, packs[i], totals);
      }
    }
  }

  /** Adds a row; after the last row of a run, writes the sum and begins anew. */
  template <typename Thread>
  static LIBBERT_DEVICE void add(const Thread& thread, const Arguments& runs, const Chunk& chunk, int64_t row,
                                 const Pack<T>& pack, A (&totals)[packSize<T>]) {
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) totals[k] += load(pack.values[k]);
    const int64_t id = runs.ids[row];
    if (row + 1 < chunk.end && runs.ids[row + 1] == id) return;
    const bool beganBefore = runs.ids[chunk.begin] == id && !chunk.beginsWithin(runs, id);
    const bool goesOn = row + 1 == chunk.end && !chunk.endsWithin(runs, id);
    if (beganBefore || goesOn) {
      A* partial = runs.partial(chunk.index, !beganBefore, chunk.column);
      LIBBERT_UNROLL
      for (int k = 0; k < packSize<T>; ++k) partial[k] = totals[k];
    } else {
      runs.writeSum(thread, id, chunk.column, totals);
    }
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) totals[k] = 0;
  }
};

/** For each run that goes on after the chunk in which it began. */
template <typename T>
struct AddRunsKernel {
  using A = Accumulate<T>;
  using Arguments = Runs<T>;
  static constexpr int threadsPerBlock = warpsPerBlock * warpSize, blocksAtOnce = 8;

  struct Shared {};

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& runs, Shared&) {
    const Chunk chunk = Chunk::of(thread, runs);
    if (chunk.isEmpty(runs)) return;
    const int64_t id = runs.ids[chunk.end - 1];
    const bool beganBefore = runs.ids[chunk.begin] == id && !chunk.beginsWithin(runs, id);
    if (beganBefore || chunk.endsWithin(runs, id)) return;
    A totals[packSize<T>];
    const A* first = runs.partial(chunk.index, true, chunk.column);
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) totals[k] = first[k];
    int64_t next = chunk.index + 1;
    for (int64_t row = chunk.end; row < runs.count && runs.ids[row] == id; row += Runs<T>::rowsPerChunk, ++next) {
      const A* more = runs.partial(next, false, chunk.column);
      LIBBERT_UNROLL
      for (int k = 0; k < packSize<T>; ++k) totals[k] += more[k];
    }
    runs.writeSum(thread, id, chunk.column, totals);
  }
};

}  // namespace libbert
