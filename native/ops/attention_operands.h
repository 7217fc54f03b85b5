// The operands of attention's products, for one head of one sequence: [tokens, head size] inside the packed tensor. A
// left operand is read where it lies; a right one is copied to scratch, in the order in which a tile reads it.
//
// Products of bfloat16 take it in pairs along their depth, and so does the scratch: element [d, n] of it holds what
// rows 2d and 2d + 1 have in column n.

#pragma once

#include <algorithm>
#include <cstring>

#include "element.h"
#include "small_gemm.h"

namespace libbert {

/** Operands whose type the products add up themselves: float and double. */
template <typename T>
struct Operands {
  using Element = T;  // what a tile reads at once

  static int64_t depthOf(int64_t rows) {
    return rows;
  }

  /** The depth of products over `keys` keys. What lies past these is zero. */
  static int64_t depthOfKeys(int64_t keys) {
    return keys;
  }

  static Strided<Element> left(const T* rows, int64_t stride) {
    return {rows, stride, 1};
  }

  /** The elements of scratch that leftTransposed needs. */
  static int64_t transposedSize(int64_t /*rows*/, int64_t /*columns*/) {
    return 0;
  }

  /** The transpose of weights [rows, keys] as the left operand. */
  static Strided<Element> leftTransposed(const T* weights, int64_t stride, int64_t /*rows*/, Element* /*scratch*/) {
    return {weights, 1, stride};
  }

  /** target [rows, targetStride] = source [rows, width], zero from column width on. */
  struct Right {
    template <int>
    static LIBBERT_INLINE void run(Element* target, int64_t targetStride, const T* source, int64_t sourceStride,
                                   int64_t rows, int64_t width) {
      for (int64_t row = 0; row < rows; ++row) {
        T* to = target + row * targetStride;
        std::copy_n(source + row * sourceStride, width, to);
        std::fill(to + width, to + targetStride, T(0));
      }
    }
  };

  /** target [width, targetStride] = source [rows, width] transposed, zero from column rows on. */
  struct RightTransposed {
    template <int>
    static LIBBERT_INLINE void run(Element* target, int64_t targetStride, const T* source, int64_t sourceStride,
                                   int64_t rows, int64_t width) {
      for (int64_t i = 0; i < width; ++i) {
        T* to = target + i * targetStride;
        for (int64_t row = 0; row < rows; ++row) to[row] = source[row * sourceStride + i];
        std::fill(to + rows, to + targetStride, T(0));
      }
    }
  };
};

/** Head sizes are even. */
template <>
struct Operands<c10::BFloat16> {
  using T = c10::BFloat16;
  using Element = BFloat16Pair;

  static int64_t depthOf(int64_t rows) {
    return (rows + 1) / 2;
  }

  /** oneDNN fills matrix units with as much of a depth as divides it, and compiles a kernel for each. */
  static int64_t depthOfKeys(int64_t keys) {
    return depthOf(hasMatrixUnits() ? paddedColumns(keys) : keys);
  }

  static Strided<Element> left(const T* rows, int64_t stride) {
    return {reinterpret_cast<const BFloat16Pair*>(rows), stride / 2, 1};
  }

  static int64_t transposedSize(int64_t rows, int64_t columns) {
    return depthOf(rows) * columns;
  }

  static Strided<Element> leftTransposed(const T* weights, int64_t stride, int64_t rows, Element* scratch) {
    if (hasMatrixUnits()) {
      runKernel<LeftTransposed>(scratch, weights, stride, rows);
      return {scratch, depthOf(rows), 1};
    }
    runKernel<Right>(scratch, stride, weights, stride, rows, stride);
    return {scratch, 1, stride};
  }

  /** target [width, rows / 2] = source [rows, width] transposed, for matrix units, which read a left operand by rows. */
  struct LeftTransposed {
    template <int>
    static LIBBERT_INLINE void run(Element* target, const T* source, int64_t width, int64_t rows) {
      const int64_t pairs = depthOf(rows);
      for (int64_t row = 0; row < rows; row += 2) {
        const T *low = source + row * width, *high = low + width;
        const bool isPair = row + 1 < rows;
        BFloat16Pair* to = target + row / 2;
        for (int64_t i = 0; i < width; ++i) {
          to[i * pairs] = low[i].x | (isPair ? static_cast<BFloat16Pair>(high[i].x) << 16 : 0);
        }
      }
    }
  };

  /** target [rows / 2, targetStride] = source [rows, width] in pairs of rows, zero from column width on. */
  struct Right {
    template <int>
    static LIBBERT_INLINE void run(Element* target, int64_t targetStride, const T* source, int64_t sourceStride,
                                   int64_t rows, int64_t width) {
      for (int64_t row = 0; row < rows; row += 2) {
        const T *low = source + row * sourceStride, *high = low + sourceStride;
        BFloat16Pair* to = target + row / 2 * targetStride;
        if (row + 1 < rows) {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) to[i] = low[i].x | static_cast<BFloat16Pair>(high[i].x) << 16;
        } else {
#pragma omp simd
          for (int64_t i = 0; i < width; ++i) to[i] = low[i].x;
        }
        std::fill(to + width, to + targetStride, 0);
      }
    }
  };

  /** target [width / 2, targetStride] = source [rows, width / 2 pairs] transposed, zero from column rows on. */
  struct RightTransposed {
    template <int>
    static LIBBERT_INLINE void run(Element* target, int64_t targetStride, const T* source, int64_t sourceStride,
                                   int64_t rows, int64_t width) {
      for (int64_t i = 0; i < width / 2; ++i) {
        BFloat16Pair* to = target + i * targetStride;
        for (int64_t row = 0; row < rows; ++row) std::memcpy(to + row, source + row * sourceStride + 2 * i, sizeof *to);
        std::fill(to + rows, to + targetStride, 0);
      }
    }
  };
};

/** A right operand of all tokens of a sequence: target [depthOfKeys(rows), targetStride] = source [rows, width]. */
template <typename T>
void gatherRight(typename Operands<T>::Element* target, int64_t targetStride, const T* source, int64_t sourceStride,
                 int64_t rows, int64_t width) {
  runKernel<typename Operands<T>::Right>(target, targetStride, source, sourceStride, rows, width);
  std::fill(target + Operands<T>::depthOf(rows) * targetStride, target + Operands<T>::depthOfKeys(rows) * targetStride,
            typename Operands<T>::Element(0));
}

}  // namespace libbert
