// dropout(input): one thread a pack.

#pragma once

#include "row_dropout.h"

namespace libbert {

template <typename T>
struct DropoutKernel {
  static constexpr int threadsPerBlock = 256, blocksAtOnce = 6;

  struct Arguments {
    const T* input;
    T* output;
    int64_t rows;
    int width;
    RowDropout dropout;
  };

  struct Shared {};

  static int64_t blocksFor(int64_t rows, int width) {
    const int64_t packs = rows * (width / packSize<T>);
    return (packs + threadsPerBlock - 1) / threadsPerBlock;
  }

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared&) {
    const int64_t pack = thread.block() * threadsPerBlock + thread.index(), packsPerRow = x.width / packSize<T>;
    const int64_t row = pack / packsPerRow;
    if (row >= x.rows) return;
    const int column = static_cast<int>(pack % packsPerRow) * packSize<T>;
    const int64_t place = pack * packSize<T>;
    writePack(x.output + place, x.dropout.withKey().drop(readPack(x.input + place), row, column));
  }
};

}  // namespace libbert
