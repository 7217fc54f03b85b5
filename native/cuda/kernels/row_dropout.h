// Dropout of the rows of a matrix, pack by pack. The key lies in the GPU's memory: what is launched is the same for
// every update, and one that a CUDA graph replays draws anew.

#pragma once

#include "pack.h"

namespace libbert {

struct RowDropout {
  bool drops;
  const int64_t* key;  // null where nothing is dropped
  DropoutMask mask;    // without its key, until a kernel has read it

  RowDropout(double p, const int64_t* key, const int64_t* rowIds) : drops(p > 0), key(key), mask(p, 0, rowIds) {}

  /** With the key: what a kernel begins with. */
  LIBBERT_DEVICE RowDropout withKey() const {
    RowDropout own = *this;
    if (drops) own.mask.key = PhiloxKey::mix(*key);
    return own;
  }

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
