// What one thread of the CUDA kernel computes; the tests run it on the CPU.

#pragma once

#include "../ops/dropout_mask.h"

namespace libbert {

/** One Philox block, the decisions for 4 neighbouring columns. Blocks are counted as in [rows, planes, blocks]. */
LIBBERT_INLINE void dropBlock(bool* dropped, int64_t index, int64_t planes, int64_t blocks, const DropoutMask& mask) {
  const int64_t block = index % blocks, plane = index / blocks % planes, row = index / (blocks * planes);
  const uint64_t id = mask.rowId(row);
  uint32_t words[4];
  mask.drawBlock(words, static_cast<uint32_t>(id), static_cast<uint32_t>(id >> 32), static_cast<uint32_t>(block),
                 static_cast<uint32_t>(plane));
  for (int i = 0; i < 4; ++i) dropped[4 * index + i] = words[i] < mask.threshold;
}

}  // namespace libbert
