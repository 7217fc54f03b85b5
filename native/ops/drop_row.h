// Dropout of one row, drawn from its mask.

#pragma once

#include <algorithm>

#include "cpu_dispatch.h"
#include "dropout_mask.h"
#include "element.h"

namespace libbert {

/** output may be input. */
template <typename T>
LIBBERT_INLINE void dropRow(T* output, const T* input, int64_t row, int64_t width, DropoutMask mask) {
  const Accumulate<T> keepScale = mask.keepScale;
  for (int64_t column = 0; column < width; column += columnsAtOnce) {
    uint32_t words[columnsAtOnce];
    mask.drawColumns(words, row, column);
    const int64_t count = std::min<int64_t>(columnsAtOnce, width - column);
#pragma omp simd
    for (int64_t i = 0; i < count; ++i) {
      const Accumulate<T> kept = load(input[column + i]) * keepScale;
      store(output[column + i], words[i] < mask.threshold ? 0 : kept);
    }
  }
}

}  // namespace libbert
