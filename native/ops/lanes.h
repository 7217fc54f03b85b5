// Sums and maxima over a row, sixteen numbers at a time. The compiler would add up the parts of one vector in order,
// and compute what is left of a row one by one: for rows of a few elements, most of the time.

#pragma once

#include <cstdint>

#include "inline.h"

namespace libbert {

constexpr int lanesAtOnce = 16;

/** Combines halves, then quarters, and so on, until the first of `lanes` stands for all. */
template <typename A, typename Combine>
LIBBERT_INLINE A reduceLanes(A* lanes, Combine combine) {
#pragma GCC unroll 4
  for (int half = lanesAtOnce / 2; half > 0; half /= 2) {
#pragma omp simd
    for (int i = 0; i < half; ++i) lanes[i] = combine(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}

struct Add {
  template <typename A>
  LIBBERT_INLINE A operator()(A a, A b) const {
    return a + b;
  }
};

struct Larger {
  template <typename A>
  LIBBERT_INLINE A operator()(A a, A b) const {
    return a > b ? a : b;
  }
};

}  // namespace libbert
