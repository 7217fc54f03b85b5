// The steps of attention over one head of one sequence that are not matrix products: moving the head between the packed
// tensor and contiguous scratch, softmax with dropout, and its gradient.
//
// T is the element type of the tensors, A the type to compute in.

#pragma once

#include <cmath>
#include <limits>

#include "cpu_dispatch.h"
#include "dropout_mask.h"
#include "element.h"
#include "exponential.h"

namespace libbert {

/** Scores or probabilities of some of a sequence's queries, [rows, keys] with row stride `stride`. */
template <typename A>
struct ScoreBlock {
  A* scores;
  int64_t stride, rows, keys;
  int64_t firstQuery;  // position of row 0 in its sequence
  bool causal;
  const uint32_t* words;  // dropout's random words [rows, 4 * ceil(keys / 4)], null without dropout
  DropoutMask mask;

  LIBBERT_INLINE int64_t visibleKeys(int64_t row) const {
    return causal ? firstQuery + row + 1 : keys;
  }
  LIBBERT_INLINE const uint32_t* wordsOf(int64_t row) const {
    return words + row * ((keys + 3) / 4 * 4);
  }
};

/** target [rows, targetStride] = factor * source [rows, width], zero from column width on. */
template <typename T>
struct GatherHead {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(A* target, int64_t targetStride, const T* source, int64_t sourceStride, int64_t rows,
                                 int64_t width, A factor) {
    for (int64_t row = 0; row < rows; ++row) {
      A* to = target + row * targetStride;
      const T* from = source + row * sourceStride;
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) to[i] = load(from[i]) * factor;
      for (int64_t i = width; i < targetStride; ++i) to[i] = 0;
    }
  }
};

/** target [width, targetStride] = source [rows, width] transposed, zero from column rows on. */
template <typename T>
struct GatherTransposed {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(A* target, int64_t targetStride, const T* source, int64_t sourceStride, int64_t rows,
                                 int64_t width) {
    for (int64_t i = 0; i < width; ++i) {
      A* to = target + i * targetStride;
      for (int64_t row = 0; row < rows; ++row) to[row] = load(source[row * sourceStride + i]);
      for (int64_t row = rows; row < targetStride; ++row) to[row] = 0;
    }
  }
};

/** target [rows, width] = source [rows, sourceStride] * factors[row], or * factor where factors is null. */
template <typename T>
struct ScatterHead {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(T* target, int64_t targetStride, const A* source, int64_t sourceStride, int64_t rows,
                                 int64_t width, A factor, const A* factors) {
    for (int64_t row = 0; row < rows; ++row) {
      T* to = target + row * targetStride;
      const A* from = source + row * sourceStride;
      const A rowFactor = factors ? factors[row] : factor;
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) store(to[i], from[i] * rowFactor);
    }
  }
};

/** result[row] = sum of x[row] * y[row]. */
template <typename T>
struct RowDots {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(A* result, const A* x, int64_t xStride, const T* y, int64_t yStride, int64_t rows,
                                 int64_t width) {
    for (int64_t row = 0; row < rows; ++row) {
      A sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < width; ++i) sum += x[row * xStride + i] * load(y[row * yStride + i]);
      result[row] = sum;
    }
  }
};

/** The random words that decide dropout for a block of `rows` queries from token `firstToken` on. */
struct DrawWords {
  template <int>
  static LIBBERT_INLINE void run(uint32_t* words, int64_t firstToken, int64_t rows, int64_t keys, int64_t head,
                                 DropoutMask mask) {
    mask.drawRows(words, firstToken, rows, (keys + 3) / 4, static_cast<uint32_t>(head));
  }
};

/**
 * Replaces scores by exp(score - the row's maximum), zero where masked or dropped. factors[row] turns the row into
 * probabilities after dropout; the product with the values is scaled by it, which is less work.
 */
template <typename A>
struct SoftmaxDropout {
  template <int>
  static LIBBERT_INLINE void run(ScoreBlock<A> block, A* factors, A* logSumExp) {
    for (int64_t row = 0; row < block.rows; ++row) {
      A* scores = block.scores + row * block.stride;
      const int64_t visible = block.visibleKeys(row);
      A maximum = -std::numeric_limits<A>::infinity(), sum = 0;
#pragma omp simd reduction(max : maximum)
      for (int64_t key = 0; key < visible; ++key) maximum = scores[key] > maximum ? scores[key] : maximum;
#pragma omp simd reduction(+ : sum)
      for (int64_t key = 0; key < visible; ++key) {
        scores[key] = exponential(scores[key] - maximum);
        sum += scores[key];
      }
      for (int64_t key = visible; key < block.keys; ++key) scores[key] = 0;
      logSumExp[row] = maximum + std::log(sum);
      factors[row] = 1 / sum;
      if (block.words) {
        const uint32_t* words = block.wordsOf(row);
#pragma omp simd
        for (int64_t key = 0; key < visible; ++key) {
          scores[key] = words[key] < block.mask.threshold ? 0 : scores[key];
        }
        factors[row] *= static_cast<A>(block.mask.keepScale);
      }
    }
  }
};

/**
 * Replaces scores by the probabilities after dropout, and grads, the gradients of those, by the gradients of the
 * scores: with P the probabilities and m their dropout factors, P * (m * grad - delta), where delta = sum(P * m * grad)
 * is the product of output and output gradient (Dao et al., "FlashAttention", 2022, appendix B.2).
 */
template <typename A>
struct SoftmaxDropoutBackward {
  template <int>
  static LIBBERT_INLINE void run(ScoreBlock<A> block, A* grads, const A* delta, const A* logSumExp) {
    const A keepScale = block.mask.keepScale;
    for (int64_t row = 0; row < block.rows; ++row) {
      A* scores = block.scores + row * block.stride;
      A* grad = grads + row * block.stride;
      const int64_t visible = block.visibleKeys(row);
      if (block.words) {
        const uint32_t* words = block.wordsOf(row);
#pragma omp simd
        for (int64_t key = 0; key < visible; ++key) {
          const A probability = exponential(scores[key] - logSumExp[row]);
          const A factor = words[key] < block.mask.threshold ? 0 : keepScale;
          scores[key] = probability * factor;
          grad[key] = probability * (grad[key] * factor - delta[row]);
        }
      } else {
#pragma omp simd
        for (int64_t key = 0; key < visible; ++key) {
          const A probability = exponential(scores[key] - logSumExp[row]);
          scores[key] = probability;
          grad[key] = probability * (grad[key] - delta[row]);
        }
      }
      for (int64_t key = visible; key < block.keys; ++key) scores[key] = grad[key] = 0;
    }
  }
};

}  // namespace libbert
