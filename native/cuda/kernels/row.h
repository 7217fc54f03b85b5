// A row of a matrix in one warp: each lane holds some of its columns in registers.

#pragma once

#include "pack.h"

namespace libbert {

constexpr int warpsPerBlock = 4;

/** Of blocks that have a row for each warp. */
inline int64_t blocksOfRows(int64_t rows) {
  return (rows + warpsPerBlock - 1) / warpsPerBlock;
}

/** How many columns a lane has registers for: 128 bytes of the type that is computed in. */
template <typename T>
constexpr int columnsPerLane = 128 / sizeof(Accumulate<T>);

/** The widest row that fits into a warp. */
template <typename T>
constexpr int widestRow = warpSize * columnsPerLane<T>;

/**
 * Calls visit(column, i) for the first column of each pack that this lane holds; i is the pack's first place among the
 * lane's columns, a constant once the loop is unrolled. The width is a multiple of packSize<T>, and at most widestRow.
 */
template <typename T, typename Thread, typename Visit>
LIBBERT_DEVICE void forEachPack(const Thread& thread, int width, Visit visit) {
  LIBBERT_UNROLL
  for (int i = 0; i < columnsPerLane<T>; i += packSize<T>) {
    const int column = i * warpSize + thread.lane() * packSize<T>;
    if (column < width) visit(column, i);
  }
}

}  // namespace libbert
