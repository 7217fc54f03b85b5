// Layer normalisation: the rows forward and backward, and the gradients of weight and bias.

#pragma once

#include <algorithm>
#include <cmath>

#include "drop_row.h"

namespace libbert {

/** What is normalised, `sum`, and what comes of it. */
template <typename T>
struct NormalisedRows {
  const T *weight, *bias;
  T *sum, *output;
  Accumulate<T>*mean, *rstd;
  int64_t width;
  double eps;
};

/** The statistics are those of the sum as it is stored, since the backward pass has no other. */
template <typename T>
LIBBERT_INLINE void normaliseRow(NormalisedRows<T> x, int64_t row) {
  using A = Accumulate<T>;
  const T* sum = x.sum + row * x.width;
  A total = 0, squares = 0;
#pragma omp simd reduction(+ : total)
  for (int64_t i = 0; i < x.width; ++i) total += load(sum[i]);
  const A mean = total / x.width;
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < x.width; ++i) squares += (load(sum[i]) - mean) * (load(sum[i]) - mean);
  const A rstd = 1 / std::sqrt(squares / x.width + static_cast<A>(x.eps));
  x.mean[row] = mean;
  x.rstd[row] = rstd;

  T* output = x.output + row * x.width;
#pragma omp simd
  for (int64_t i = 0; i < x.width; ++i) {
    store(output[i], (load(sum[i]) - mean) * rstd * load(x.weight[i]) + load(x.bias[i]));
  }
}

template <typename T>
struct LayerNormForward {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(NormalisedRows<T> x, const T* input, const T* residual, int64_t begin, int64_t end,
                                 bool drop, DropoutMask mask) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t start = row * x.width;
      addRow(x.sum + start, residual + start, input + start, row, x.width, drop, mask);
      normaliseRow(x, row);
    }
  }

  static LIBBERT_INLINE void addRow(T* sum, const T* residual, const T* input, int64_t row, int64_t width, bool drop,
                                    DropoutMask mask) {
    if (!drop) {
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) store(sum[i], load(residual[i]) + load(input[i]));
      return;
    }
    const A keepScale = mask.keepScale;
    for (int64_t column = 0; column < width; column += columnsAtOnce) {
      uint32_t words[columnsAtOnce];
      mask.drawColumns(words, row, column);
      const int64_t count = std::min<int64_t>(columnsAtOnce, width - column);
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        const A kept = load(input[column + i]) * keepScale;
        store(sum[column + i], load(residual[column + i]) + (words[i] < mask.threshold ? 0 : kept));
      }
    }
  }
};

template <typename T>
struct LayerNormGradRows {
  const T *grad, *sum, *weight;
  const Accumulate<T>*mean, *rstd;
  T *gradResidual, *gradInput, *gradWeight, *gradBias;
  int64_t rows, width;
};

/** With n the normalised row and u = grad * weight: d sum = rstd * (u - mean(u) - n * mean(u * n)). */
template <typename T>
struct LayerNormBackward {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(LayerNormGradRows<T> x, int64_t begin, int64_t end, bool drop, DropoutMask mask) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t start = row * x.width;
      const T *grad = x.grad + start, *sum = x.sum + start;
      const A mean = x.mean[row], rstd = x.rstd[row];
      A total = 0, projection = 0;
#pragma omp simd reduction(+ : total, projection)
      for (int64_t i = 0; i < x.width; ++i) {
        const A u = load(grad[i]) * load(x.weight[i]);
        total += u;
        projection += u * (load(sum[i]) - mean);
      }
      const A meanGrad = total / x.width;
      const A slope = projection * rstd * rstd / x.width;

      T* gradResidual = x.gradResidual + start;
#pragma omp simd
      for (int64_t i = 0; i < x.width; ++i) {
        const A u = load(grad[i]) * load(x.weight[i]);
        store(gradResidual[i], rstd * (u - meanGrad - (load(sum[i]) - mean) * slope));
      }
      if (drop) dropRow(x.gradInput + start, gradResidual, row, x.width, mask);
    }
  }
};

constexpr int64_t stripWidth = 64;

/** Weight and bias gradients of one strip of columns, summed over the rows in their order whatever the threads. */
template <typename T>
struct LayerNormParameterGradients {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(LayerNormGradRows<T> x, int64_t firstColumn) {
    const int64_t count = std::min(stripWidth, x.width - firstColumn);
    A gradWeight[stripWidth] = {}, gradBias[stripWidth] = {};
    for (int64_t row = 0; row < x.rows; ++row) {
      const T* grad = x.grad + row * x.width + firstColumn;
      const T* sum = x.sum + row * x.width + firstColumn;
      const A mean = x.mean[row], rstd = x.rstd[row];
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        gradWeight[i] += load(grad[i]) * (load(sum[i]) - mean) * rstd;
        gradBias[i] += load(grad[i]);
      }
    }
    for (int64_t i = 0; i < count; ++i) {
      store(x.gradWeight[firstColumn + i], gradWeight[i]);
      store(x.gradBias[firstColumn + i], gradBias[i]);
    }
  }
};

}  // namespace libbert
