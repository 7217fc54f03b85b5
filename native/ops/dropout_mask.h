// Which elements dropout keeps. The decision for (row, column, plane) is word `column % 4` of the Philox block at
// counter (row id low, row id high, column / 4, plane): it depends on the row's id, not on where the row stands in the
// batch, and is drawn again in the backward pass instead of being stored. The plane tells attention heads apart.

#pragma once

#include <algorithm>
#include <cstdint>

#include "philox.h"

namespace libbert {

/** Philox blocks drawn at once, and the columns of one row that they decide. */
constexpr int blocksAtOnce = 16;
constexpr int columnsAtOnce = 4 * blocksAtOnce;

/** What kept elements are multiplied by: with p = 1, where one word in 2^32 is still not below the threshold, 0. */
inline double keepScaleOf(double p) {
  return p < 1 ? 1 / (1 - p) : 0;
}

struct DropoutMask {
  PhiloxKey key;
  uint32_t threshold;     // a word below it drops its element
  double keepScale;       // see keepScaleOf
  const int64_t* rowIds;  // [T], or null where row t has id t

  DropoutMask(double p, int64_t seed, const int64_t* rowIds)
      : key(PhiloxKey::mix(seed)),
        threshold(static_cast<uint32_t>(std::min(p * 4294967296.0, 4294967295.0))),
        keepScale(keepScaleOf(p)),
        rowIds(rowIds) {}

  LIBBERT_INLINE uint64_t rowId(int64_t row) const {
    return static_cast<uint64_t>(rowIds ? rowIds[row] : row);
  }

  /** Random words of `columnsAtOnce` neighbouring columns of one row; column is a multiple of 4. */
  LIBBERT_INLINE void drawColumns(uint32_t* words, int64_t row, int64_t column, uint32_t plane = 0) const {
    const uint64_t id = rowId(row);
    const uint32_t firstBlock = static_cast<uint32_t>(column / 4);
#pragma omp simd
    for (int i = 0; i < blocksAtOnce; ++i) {
      drawBlock(words + 4 * i, static_cast<uint32_t>(id), static_cast<uint32_t>(id >> 32), firstBlock + i, plane);
    }
  }

  /**
   * Random words of columns [0, 4 * blocks) of several rows: words [rows, 4 * blocks]. Short rows are run together,
   * since one alone would leave most vector lanes empty; words needs `columnsAtOnce` spare words at its end.
   */
  LIBBERT_INLINE void drawRows(uint32_t* words, int64_t firstRow, int64_t rows, int64_t blocks, uint32_t plane) const {
    for (int64_t done = 0; done < rows * blocks; done += blocksAtOnce) {
      const int64_t row = done / blocks, block = done % blocks;
      if (block + blocksAtOnce <= blocks) {
        drawColumns(words + 4 * done, firstRow + row, 4 * block, plane);
      } else {
        drawBlocks(words + 4 * done, firstRow, rows, blocks, done, plane);
      }
    }
  }

  /** The four random words of one block. */
  LIBBERT_INLINE void drawBlock(uint32_t* words, uint32_t low, uint32_t high, uint32_t block, uint32_t plane) const {
    philox(words, low, high, block, plane, key);
  }

 private:
  /** Words of the blocks from `first` on, where those of all rows are numbered in order. Past the last row: of any
   * block. */
  LIBBERT_INLINE void drawBlocks(uint32_t* words, int64_t firstRow, int64_t rows, int64_t blocks, int64_t first,
                                 uint32_t plane) const {
    // A product in place of a division, which vectors lack: exact below 2^21, far above what a thread has in scratch.
    const float perBlock = 1.0f / static_cast<float>(blocks);
    const int32_t lastRow = static_cast<int32_t>(rows - 1);
    uint64_t ids[blocksAtOnce];
    uint32_t column[blocksAtOnce];
#pragma omp simd
    for (int32_t i = 0; i < blocksAtOnce; ++i) {
      const int32_t index = static_cast<int32_t>(first) + i;
      const int32_t row = static_cast<int32_t>((static_cast<float>(index) + 0.5f) * perBlock);
      column[i] = static_cast<uint32_t>(index - row * static_cast<int32_t>(blocks));
      ids[i] = rowId(firstRow + std::min(row, lastRow));
    }
#pragma omp simd
    for (int i = 0; i < blocksAtOnce; ++i) {
      drawBlock(words + 4 * i, static_cast<uint32_t>(ids[i]), static_cast<uint32_t>(ids[i] >> 32), column[i], plane);
    }
  }
};

}  // namespace libbert
