// x += factor * y over flat buffers, with a factor for each segment, in one pass.

#pragma once

#include "long_row.h"
#include "segments.h"

namespace libbert {

struct AddScaledSegmentsKernel {
  static constexpr int threadsPerBlock = 256, blocksAtOnce = 6;

  struct Arguments {
    float* x;
    const float* y;
    Segments segments;
    const double* factors;  // [segments]
    int64_t elements;
  };

  struct Shared {};

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& a, Shared&) {
    const Piece piece = a.segments.pieceOf(thread, a.elements);
    const auto factor = static_cast<float>(a.factors[piece.segment]);
    float* x = a.x + piece.begin;
    const float* y = a.y + piece.begin;
    LongRow<float>(x, piece.count)
        .template share<threadsPerBlock>(
            thread,
            [&](int64_t i) {
              Pack<float> sums = readPack(x + i);
              const Pack<float> addends = readPack(y + i);
              LIBBERT_UNROLL
              for (int k = 0; k < packSize<float>; ++k) sums.values[k] += factor * addends.values[k];
              writePack(x + i, sums);
            },
            [&](int64_t i) { x[i] += factor * y[i]; });
  }
};

}  // namespace libbert
