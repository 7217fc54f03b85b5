// Products of matrices that fit the cache, such as one attention head's of one sequence, for which a library call costs
// more than the product.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "cpu_dispatch.h"
#include "matrix_units.h"

namespace libbert {

/** Columns of C are computed in groups of this many: N, and the rows of B and C, are padded to a multiple of it. */
constexpr int64_t tileColumns = 16;

inline int64_t paddedColumns(int64_t columns) {
  return (columns + tileColumns - 1) / tileColumns * tileColumns;
}

/** The type in which products of T are added up. */
template <typename T>
using SumOf = std::conditional_t<std::is_same_v<T, BFloat16Pair>, float, T>;

/**
 * A matrix with any strides: its elements are read one by one, so a transposed view costs nothing. Pairs are read from
 * bfloat16, which may lie at any even address.
 */
template <typename T>
struct Strided {
  const T* data;
  int64_t rowStride, columnStride;

  LIBBERT_INLINE T at(int64_t row, int64_t column) const {
    T value;
    std::memcpy(&value, data + row * rowStride + column * columnStride, sizeof value);
    return value;
  }
};

/** What a tile's product does besides: nothing. */
struct Nothing {
  LIBBERT_INLINE void operator()(int64_t) const {}
};

template <typename T, int vectorBytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(vectorBytes), aligned(alignof(T)), may_alias));
};

/** Multiplies numbers of one type. */
struct Multiply {
  template <typename T, typename Vector>
  static LIBBERT_INLINE void add(Vector& sums, T factor, const Vector& row) {
    sums += factor * row;
  }
};

/** Multiplies pairs with the instruction of AVX512-BF16 for it, which the compiler has for whole functions only. */
struct MultiplyPairs {
  template <typename Sums, typename Vector>
  static LIBBERT_INLINE void add(Sums& sums, BFloat16Pair factor, const Vector& row) {
    const Vector factors = Vector{} + factor;
    asm("vdpbf16ps %2, %1, %0" : "+v"(sums) : "v"(factors), "v"(row));
  }
};

/** Multiplies pairs as two floats each, on any processor. */
struct MultiplyHalves {
  template <typename Sums, typename Vector>
  static LIBBERT_INLINE void add(Sums& sums, BFloat16Pair factor, const Vector& row) {
    constexpr BFloat16Pair high = 0xffff0000u;
    sums += std::bit_cast<float>(factor << 16) * reinterpret_cast<Sums>(row << 16);
    sums += std::bit_cast<float>(factor & high) * reinterpret_cast<Sums>(row & high);
  }
};

template <typename T, int vectorBytes, typename Multiplication = Multiply>
struct Tile {
  using Sum = SumOf<T>;
  using Vector = typename VectorOf<T, vectorBytes>::type;
  using Sums = typename VectorOf<Sum, vectorBytes>::type;
  static constexpr int lanes = vectorBytes / sizeof(T);
  static constexpr int vectors = tileColumns / lanes;

  // As many rows as the registers hold sums for (32 with AVX-512 and on 64-bit ARM, else 16), with room for a row of B.
  // AVX-512 has enough of them for two groups of columns, which saves it half of the reads of A.
#ifdef __aarch64__
  static constexpr int registers = 24;
#else
  static constexpr int registers = vectorBytes == 64 ? 24 : 12;
#endif
  static constexpr int maxRows = std::min(12, std::max(1, registers / vectors));
  static constexpr int groupsAtOnce = std::max(1, registers / (maxRows * vectors));

  /** C[rows, 16 * groups] = A[rows, depth] B, or += where accumulate. `ahead` is called with each step of depth. */
  template <int rows, int groups, typename Ahead>
  static LIBBERT_INLINE void product(Strided<T> a, const T* b, int64_t bStride, Sum* c, int64_t cStride, int64_t depth,
                                     bool accumulate, Ahead ahead) {
    Sums sums[rows][groups * vectors] = {};
    for (int64_t k = 0; k < depth; ++k) {
      ahead(k);
      const Vector* bRow = reinterpret_cast<const Vector*>(b + k * bStride);
#pragma GCC unroll 12
      for (int row = 0; row < rows; ++row) {
        const T factor = a.at(row, k);
#pragma GCC unroll 8
        for (int v = 0; v < groups * vectors; ++v) Multiplication::add(sums[row][v], factor, bRow[v]);
      }
    }
#pragma GCC unroll 12
    for (int row = 0; row < rows; ++row) {
      Sums* cRow = reinterpret_cast<Sums*>(c + row * cStride);
#pragma GCC unroll 8
      for (int v = 0; v < groups * vectors; ++v) cRow[v] = accumulate ? cRow[v] + sums[row][v] : sums[row][v];
    }
  }

  /** The same for a row count known at run time only: 0 .. maxRows. */
  template <int groups = 1, int rows = maxRows, typename Ahead = Nothing>
  static LIBBERT_INLINE void productOf(int64_t count, Strided<T> a, const T* b, int64_t bStride, Sum* c,
                                       int64_t cStride, int64_t depth, bool accumulate, Ahead ahead = {}) {
    if constexpr (rows > 0) {
      if (count == rows) return product<rows, groups>(a, b, bStride, c, cStride, depth, accumulate, ahead);
      productOf<groups, rows - 1>(count, a, b, bStride, c, cStride, depth, accumulate, ahead);
    }
  }
};

/** Runs Kernel<Multiplication>, a kernel as cpu_dispatch.h has them, with the multiplication for elements T. */
template <typename T, template <typename> typename Kernel, typename... Args>
void runMultiplying(Args... args) {
  if constexpr (!std::is_same_v<T, BFloat16Pair>) {
    runKernel<Kernel<Multiply>>(args...);
  } else {
#ifdef __x86_64__
    if (has(Instructions::avx512Bf16)) return runAvx512<Kernel<MultiplyPairs>>(args...);
#endif
    runKernel<Kernel<MultiplyHalves>>(args...);
  }
}

template <typename T>
struct SmallGemm {
  using Sum = SumOf<T>;

  template <typename Multiplication>
  struct With {
    template <int vectorBytes>
    static LIBBERT_INLINE void run(Strided<T> a, const T* b, int64_t bStride, Sum* c, int64_t cStride, int64_t m,
                                   int64_t n, int64_t k, bool accumulate) {
      using Tiles = Tile<T, vectorBytes, Multiplication>;
      constexpr int64_t columnsAtOnce = Tiles::groupsAtOnce * tileColumns;
      int64_t column = 0;
      for (; column + columnsAtOnce <= n; column += columnsAtOnce) {
        runColumns<Tiles, Tiles::groupsAtOnce>(a, b + column, bStride, c + column, cStride, m, k, accumulate);
      }
      for (; column < n; column += tileColumns) {
        runColumns<Tiles, 1>(a, b + column, bStride, c + column, cStride, m, k, accumulate);
      }
    }

    template <typename Tiles, int groups>
    static LIBBERT_INLINE void runColumns(Strided<T> a, const T* b, int64_t bStride, Sum* c, int64_t cStride, int64_t m,
                                          int64_t k, bool accumulate) {
      for (int64_t row = 0; row < m; row += Tiles::maxRows) {
        const int64_t count = std::min<int64_t>(Tiles::maxRows, m - row);
        const Strided<T> rows{a.data + row * a.rowStride, a.rowStride, a.columnStride};
        Tiles::template productOf<groups>(count, rows, b, bStride, c + row * cStride, cStride, k, accumulate);
      }
    }
  };
};

/** C[M, N] = A[M, K] B[K, N], or += where accumulate. Of pairs, K counts the pairs. */
template <typename T>
void smallGemm(Strided<T> a, const T* b, int64_t bStride, SumOf<T>* c, int64_t cStride, int64_t m, int64_t n, int64_t k,
               bool accumulate) {
  if constexpr (std::is_same_v<T, BFloat16Pair>) {
    if (a.columnStride == 1 && hasMatrixUnits()) {
      return multiplyInMatrixUnits(a.data, a.rowStride, b, bStride, c, cStride, m, n, k, accumulate);
    }
  }
  runMultiplying<T, SmallGemm<T>::template With>(a, b, bStride, c, cStride, m, n, k, accumulate);
}

}  // namespace libbert
