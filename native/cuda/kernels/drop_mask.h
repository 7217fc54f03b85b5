// Dropout's decisions as a tensor, for compositions: one thread a Philox block, which decides for 4 neighbouring
// columns.

#pragma once

#include "row_dropout.h"

namespace libbert {

struct DropMaskKernel {
  static constexpr int threadsPerBlock = 256, blocksAtOnce = 6;

  struct alignas(4) Decisions {
    bool dropped[4];
  };

  struct Arguments {
    Decisions* decisions;  // [rows, planes, columns / 4]
    int64_t rows, planes, philoxBlocks;
    RowDropout dropout;
  };

  struct Shared {};

  static int64_t blocksFor(int64_t decisions) {
    return (decisions + threadsPerBlock - 1) / threadsPerBlock;
  }

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared&) {
    const int64_t index = thread.block() * threadsPerBlock + thread.index();
    if (index >= x.rows * x.planes * x.philoxBlocks) return;
    const int64_t philoxBlock = index % x.philoxBlocks, plane = index / x.philoxBlocks % x.planes;
    const DropoutMask mask = x.dropout.withKey().mask;
    const uint64_t id = mask.rowId(index / (x.philoxBlocks * x.planes));
    uint32_t words[4];
    mask.drawBlock(words, static_cast<uint32_t>(id), static_cast<uint32_t>(id >> 32),
                   static_cast<uint32_t>(philoxBlock), static_cast<uint32_t>(plane));
    Decisions decisions;
    LIBBERT_UNROLL
    for (int i = 0; i < 4; ++i) decisions.dropped[i] = words[i] < mask.threshold;
    x.decisions[index] = decisions;
  }
};

}  // namespace libbert
