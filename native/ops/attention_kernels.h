// The steps of attention over one head of one sequence that are not matrix products: softmax with dropout, its
// gradient, and writing results to the packed tensor.
//
// T is the element type of the tensors and of what products take, A the type to compute in.

#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpu_dispatch.h"
#include "dropout_mask.h"
#include "element.h"
#include "exponential.h"
#include "lanes.h"
#include "small_gemm.h"

namespace libbert {

/** The products of some of a sequence's queries with its keys: [rows, keys], with columns up to `stride`. */
template <typename A>
struct ScoreBlock {
  const A* products;  // what lies past a row's last key is any number
  A scale;            // 1 / sqrt(head size): the score is the product times it
  int64_t stride, rows, keys;
  int64_t firstQuery;  // position of row 0 in its sequence
  bool causal;
  const uint32_t* words;  // dropout's random words [rows, 4 * ceil(keys / 4)], null without dropout
  DropoutMask mask;

  LIBBERT_INLINE int64_t visibleKeys(int64_t row) const {
    return causal ? firstQuery + row + 1 : keys;
  }

  LIBBERT_INLINE A largestProduct(int64_t row) const {
    constexpr A lowest = -std::numeric_limits<A>::infinity();
    const A* product = products + row * stride;
    const int64_t visible = visibleKeys(row);
    A largest[lanesAtOnce];
    std::fill_n(largest, lanesAtOnce, lowest);
    for (int64_t first = 0; first < visible; first += lanesAtOnce) {
#pragma omp simd
      for (int i = 0; i < lanesAtOnce; ++i) {
        const A candidate = first + i < visible ? product[first + i] : lowest;
        largest[i] = candidate > largest[i] ? candidate : largest[i];
      }
    }
    return reduceLanes(largest, Larger());
  }

  /** e^(score - shift) of the keys from `first` on, 0 of those that are not visible. */
  LIBBERT_INLINE void exponentials(A* e, int64_t row, int64_t first, A shift) const {
    const A* product = products + row * stride + first;
    const int visible = std::min<int64_t>(visibleKeys(row) - first, lanesAtOnce);
#pragma omp simd
    for (int i = 0; i < lanesAtOnce; ++i) e[i] = i < visible ? exponential(product[i] * scale - shift) : 0;
  }

  /** Zeros where dropout drops the keys from `first` on. */
  LIBBERT_INLINE void drop(A* x, int64_t row, int64_t first) const {
    const uint32_t* word = words + row * ((keys + 3) / 4 * 4) + first;
#pragma omp simd
    for (int i = 0; i < lanesAtOnce; ++i) x[i] = word[i] < mask.threshold ? 0 : x[i];
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
  static LIBBERT_INLINE void run(A* result, const T* x, const T* y, int64_t stride, int64_t rows, int64_t width) {
    for (int64_t row = 0; row < rows; ++row) {
      A sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < width; ++i) sum += load(x[row * stride + i]) * load(y[row * stride + i]);
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
 * weights = exp(score - the row's maximum), zero where masked or dropped. factors[row] turns the row into probabilities
 * after dropout; the product with the values is scaled by it, which is less work.
 */
template <typename T>
struct SoftmaxDropout {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(ScoreBlock<A> block, T* weights, A* factors, A* logSumExp) {
    for (int64_t row = 0; row < block.rows; ++row) {
      T* weight = weights + row * block.stride;
      const A maximum = block.largestProduct(row) * block.scale;
      A sums[lanesAtOnce] = {};
      int64_t first = 0;
      for (; first < block.visibleKeys(row); first += lanesAtOnce) {
        A e[lanesAtOnce];
        block.exponentials(e, row, first, maximum);
#pragma omp simd
        for (int i = 0; i < lanesAtOnce; ++i) sums[i] += e[i];
        if (block.words) block.drop(e, row, first);
#pragma omp simd
        for (int i = 0; i < lanesAtOnce; ++i) store(weight[first + i], e[i]);
      }
      std::fill(weight + first, weight + block.stride, T(0));
      const A sum = reduceLanes(sums, Add());
      logSumExp[row] = maximum + std::log(sum);
      factors[row] = block.words ? static_cast<A>(block.mask.keepScale) / sum : 1 / sum;
    }
  }
};

/**
 * From grads, the gradients of the probabilities after dropout, makes the gradients of the scores: with P the
 * probabilities and m their dropout factors, P * (m * grad - delta), where delta = sum(P * m * grad) is the product of
 * output and output gradient (Dao et al., "FlashAttention", 2022, appendix B.2). weights = P * m.
 */
template <typename T>
struct SoftmaxDropoutBackward {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(ScoreBlock<A> block, const A* grads, const A* delta, const A* logSumExp, T* weights,
                                 T* gradScores) {
    const A keepScale = block.words ? block.mask.keepScale : 1;
    for (int64_t row = 0; row < block.rows; ++row) {
      const A* grad = grads + row * block.stride;
      T* weight = weights + row * block.stride;
      T* gradScore = gradScores + row * block.stride;
      int64_t first = 0;
      for (; first < block.visibleKeys(row); first += lanesAtOnce) {
        A probability[lanesAtOnce], factor[lanesAtOnce];
        block.exponentials(probability, row, first, logSumExp[row]);
        std::fill_n(factor, lanesAtOnce, keepScale);
        if (block.words) block.drop(factor, row, first);
#pragma omp simd
        for (int i = 0; i < lanesAtOnce; ++i) {
          store(weight[first + i], probability[i] * factor[i]);
          store(gradScore[first + i], probability[i] * (grad[first + i] * factor[i] - delta[row]));
        }
      }
      std::fill(weight + first, weight + block.stride, T(0));
      std::fill(gradScore + first, gradScore + block.stride, T(0));
    }
  }
};

}  // namespace libbert
