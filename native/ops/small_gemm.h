// Products of matrices that fit the cache, such as one attention head's of one sequence, for which a library call costs
// more than the product.

#pragma once

#include <algorithm>
#include <cstdint>

#include "cpu_dispatch.h"

namespace libbert {

/** Columns of C are computed in groups of this many: N, and the rows of B and C, are padded to a multiple of it. */
constexpr int64_t tileColumns = 16;

inline int64_t paddedColumns(int64_t columns) {
  return (columns + tileColumns - 1) / tileColumns * tileColumns;
}

/** A matrix with any strides: its elements are read one by one, so a transposed view costs nothing. */
template <typename T>
struct Strided {
  const T* data;
  int64_t rowStride, columnStride;
};

/** What a tile's product does besides: nothing. */
struct Nothing {
  LIBBERT_INLINE void operator()(int64_t) const {}
};

template <typename T, int vectorBytes>
struct Tile {
  typedef T Vector __attribute__((vector_size(vectorBytes), aligned(alignof(T)), may_alias));
  static constexpr int lanes = vectorBytes / sizeof(T);
  static constexpr int vectors = tileColumns / lanes;

  // As many rows as the registers hold sums for (32 with AVX-512, else 16), with room for a row of B.
  static constexpr int registers = vectorBytes == 64 ? 24 : 12;
  static constexpr int maxRows = std::min(12, std::max(1, registers / vectors));

  /** C[rows, 16] = A[rows, depth] B[depth, 16], or += where accumulate. `ahead` is called with each step of depth. */
  template <int rows, typename Ahead>
  static LIBBERT_INLINE void product(Strided<T> a, const T* b, int64_t bStride, T* c, int64_t cStride, int64_t depth,
                                     bool accumulate, Ahead ahead) {
    Vector sums[rows][vectors] = {};
    for (int64_t k = 0; k < depth; ++k) {
      ahead(k);
      const Vector* bRow = reinterpret_cast<const Vector*>(b + k * bStride);
#pragma GCC unroll 12
      for (int row = 0; row < rows; ++row) {
        const T factor = a.data[row * a.rowStride + k * a.columnStride];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) sums[row][v] += factor * bRow[v];
      }
    }
#pragma GCC unroll 12
    for (int row = 0; row < rows; ++row) {
      Vector* cRow = reinterpret_cast<Vector*>(c + row * cStride);
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) cRow[v] = accumulate ? cRow[v] + sums[row][v] : sums[row][v];
    }
  }

  /** The same for a row count known at run time only: 0 .. maxRows. */
  template <int rows = maxRows, typename Ahead = Nothing>
  static LIBBERT_INLINE void productOf(int64_t count, Strided<T> a, const T* b, int64_t bStride, T* c, int64_t cStride,
                                       int64_t depth, bool accumulate, Ahead ahead = {}) {
    if constexpr (rows > 0) {
      if (count == rows) return product<rows>(a, b, bStride, c, cStride, depth, accumulate, ahead);
      productOf<rows - 1>(count, a, b, bStride, c, cStride, depth, accumulate, ahead);
    }
  }
};

template <typename T>
struct SmallGemm {
  template <int vectorBytes>
  static LIBBERT_INLINE void run(Strided<T> a, const T* b, int64_t bStride, T* c, int64_t cStride, int64_t m, int64_t n,
                                 int64_t k, bool accumulate) {
    using T16 = Tile<T, vectorBytes>;
    for (int64_t column = 0; column < n; column += tileColumns) {
      for (int64_t row = 0; row < m; row += T16::maxRows) {
        const int64_t count = std::min<int64_t>(T16::maxRows, m - row);
        const Strided<T> rows{a.data + row * a.rowStride, a.rowStride, a.columnStride};
        T16::productOf(count, rows, b + column, bStride, c + row * cStride + column, cStride, k, accumulate);
      }
    }
  }
};

/** C[M, N] = A[M, K] B[K, N], or += where accumulate. */
template <typename T>
void smallGemm(Strided<T> a, const T* b, int64_t bStride, T* c, int64_t cStride, int64_t m, int64_t n, int64_t k,
               bool accumulate) {
  runKernel<SmallGemm<T>>(a, b, bStride, c, cStride, m, n, k, accumulate);
}

}  // namespace libbert
