// What attention's forward and backward pass share: the shape of a packed batch, one task of it, and scratch memory.

#pragma once

#include <c10/core/impl/alloc_cpu.h>

#include <cmath>
#include <cstdint>
#include <memory>

#include "small_gemm.h"

namespace libbert {

constexpr int64_t queriesAtOnce = 48;  // even, and a multiple of the row counts of small_gemm.h's tiles

struct FreeScratch {
  void operator()(void* data) const {
    c10::free_cpu(data);
  }
};

/** Uninitialised memory that starts on a cache line. */
template <typename T>
std::unique_ptr<T[], FreeScratch> scratch(int64_t count) {
  return std::unique_ptr<T[], FreeScratch>(static_cast<T*>(c10::alloc_cpu(count * sizeof(T))));
}

struct AttentionShape {
  const int32_t* offsets;  // [sequences + 1]
  int64_t sequences, tokens, heads, headSize, longest;
  bool causal;

  int64_t hidden() const {
    return heads * headSize;
  }
  int64_t paddedHeadSize() const {
    return paddedColumns(headSize);
  }
  double scale() const {
    return 1 / std::sqrt(static_cast<double>(headSize));
  }
};

/** One head of one sequence. Heads are the outer order, so that slices of the tasks hold the same mix of lengths. */
struct AttentionTask {
  int64_t head, start, length;  // start: the sequence's first token

  AttentionTask(const AttentionShape& shape, int64_t index)
      : head(index / shape.sequences),
        start(shape.offsets[index % shape.sequences]),
        length(shape.offsets[index % shape.sequences + 1] - start) {}
};

}  // namespace libbert
