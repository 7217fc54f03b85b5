// Dropout of the rows of a matrix, pack by pack.

#pragma once

#include "pack.h"

namespace libbert {

struct RowDropout {
  bool drops;
  DropoutMask mask;

  /** Bit i says whether column + i of the row is dropped. */
  template <typename T>
  LIBBERT_DEVICE uint32_t bits(int64_t row, int column) const {
    return drops ? droppedBits<T>(mask, mask.rowId(row), column) : 0;
  }

  /** The pack of these columns, without what is dropped and with the rest scaled. */
  template <typename T>
  LIBBERT_DEVICE Pack<T> drop(const Pack<T>& pack, int64_t row, int column) const {
    if (!drops) return pack;
    const uint32_t dropped = bits<T>(row, column);
    const Accumulate<T> keepScale = static_cast<Accumulate<T>>(mask.keepScale);
    Pack<T> kept;
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) {
      store(kept.values[k], dropped >> k & 1 ? 0 : load(pack.values[k]) * keepScale);
    }
    return kept;
  }
};

}  // namespace libbert
