// gelu(x, tanh), and gelu_backward: the gradient of x [T, I], and that of a bias that was added to each of its rows.

#include "gelu.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <tuple>

#include "activation.h"
#include "arguments.h"
#include "cpu_dispatch.h"
#include "element.h"
#include "find_operator.h"
#include "symbol_version.h"

LIBBERT_OLDEST_VERSION(exp);

namespace libbert {
namespace {

using at::Tensor;

template <typename T, bool tanh>
struct GeluForward {
  template <int>
  static LIBBERT_INLINE void run(const T* x, T* output, int64_t begin, int64_t end) {
    constexpr Activation activation = tanh ? Activation::geluTanh : Activation::gelu;
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) store(output[i], activated<activation>(load(x[i])));
  }
};

template <typename T>
struct GeluGradRows {
  const T *grad, *x;
  T *gradX, *gradBias;
  int64_t rows, width;
};

constexpr int64_t stripWidth = 128;

/** One strip of columns, its rows in their order, so that the bias's sum is the same whatever the threads. */
template <typename T, bool tanh>
struct GeluBackward {
  using A = Accumulate<T>;

  template <int>
  static LIBBERT_INLINE void run(GeluGradRows<T> rows, int64_t firstColumn) {
    const int64_t count = std::min(stripWidth, rows.width - firstColumn);
    A sums[stripWidth] = {};
    for (int64_t row = 0; row < rows.rows; ++row) {
      const int64_t start = row * rows.width + firstColumn;
      const T *grad = rows.grad + start, *x = rows.x + start;
      T* gradX = rows.gradX + start;
#pragma omp simd
      for (int64_t i = 0; i < count; ++i) {
        const A g = load(grad[i]) * (tanh ? geluTanhSlope(load(x[i])) : geluSlope(load(x[i])));
        sums[i] += g;
        store(gradX[i], g);
      }
    }
    for (int64_t i = 0; i < count; ++i) store(rows.gradBias[firstColumn + i], sums[i]);
  }
};

/** Calls run<tanh>(). */
template <typename Run>
void withForm(bool tanh, Run run) {
  if (tanh) return run.template operator()<true>();
  run.template operator()<false>();
}

Tensor forwardCpu(const Tensor& input, bool tanh) {
  const Tensor x = input.contiguous();
  Tensor output = at::empty_like(x);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "gelu", [&] {
    at::parallel_for(0, x.numel(), elementsPerThread, [&](int64_t begin, int64_t end) {
      withForm(tanh, [&]<bool form>() {
        runKernel<GeluForward<scalar_t, form>>(x.const_data_ptr<scalar_t>(), output.mutable_data_ptr<scalar_t>(), begin,
                                               end);
      });
    });
  });
  return output;
}

std::tuple<Tensor, Tensor> backwardCpu(const Tensor& grad, const Tensor& x, bool tanh) {
  checkGeluBackward(grad, x);
  const int64_t rows = x.size(0), width = x.size(1);
  const Tensor g = grad.contiguous(), source = x.contiguous();
  Tensor gradX = at::empty_like(source), gradBias = at::empty({width}, x.options());
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "gelu_backward", [&] {
    const GeluGradRows<scalar_t> pointers{g.const_data_ptr<scalar_t>(),
                                          source.const_data_ptr<scalar_t>(),
                                          gradX.mutable_data_ptr<scalar_t>(),
                                          gradBias.mutable_data_ptr<scalar_t>(),
                                          rows,
                                          width};
    const int64_t strips = (width + stripWidth - 1) / stripWidth;
    at::parallel_for(0, strips, elementsPerThread / (rows * stripWidth + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t strip = begin; strip < end; ++strip) {
        withForm(tanh, [&]<bool form>() { runKernel<GeluBackward<scalar_t, form>>(pointers, strip * stripWidth); });
      }
    });
  });
  return {gradX, gradBias};
}

}  // namespace

Tensor gelu(const Tensor& x, bool tanh) {
  static const auto op = findOperator<Tensor(const Tensor&, bool)>("libbert::gelu");
  return op.call(x, tanh);
}

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("gelu", forwardCpu);
  m.impl("gelu_backward", backwardCpu);
}

}  // namespace libbert
