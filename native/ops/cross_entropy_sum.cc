// cross_entropy_sum(logits, targets): the sum of the cross entropies of logits [N, V] with the classes [N], of which
// -100 does not count. Over a vocabulary the logits are the largest tensor of a model: they are read as they are,
// without a copy in float32, and the backward pass writes their gradient over them.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "arguments.h"
#include "autograd.h"
#include "element.h"
#include "exponential.h"
#include "find_operator.h"
#include "symbol_version.h"

LIBBERT_OLDEST_VERSION(exp);
LIBBERT_OLDEST_VERSION(log);

namespace libbert {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <typename T>
struct LogSumExp {
  template <int>
  static LIBBERT_INLINE void run(const T* logits, Accumulate<T>* logSumExp, int64_t begin, int64_t end,
                                 int64_t classes) {
    using A = Accumulate<T>;
    for (int64_t row = begin; row < end; ++row) {
      const T* x = logits + row * classes;
      A maximum = load(x[0]), sum = 0;
#pragma omp simd reduction(max : maximum)
      for (int64_t i = 0; i < classes; ++i) maximum = load(x[i]) > maximum ? load(x[i]) : maximum;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < classes; ++i) sum += exponential(load(x[i]) - maximum);
      logSumExp[row] = maximum + std::log(sum);
    }
  }
};

/** Replaces logits by their gradient: (softmax - one-hot) * grad. */
template <typename T>
struct CrossEntropyBackward {
  template <int>
  static LIBBERT_INLINE void run(T* logits, const int64_t* targets, const Accumulate<T>* logSumExp, Accumulate<T> grad,
                                 int64_t begin, int64_t end, int64_t classes) {
    using A = Accumulate<T>;
    for (int64_t row = begin; row < end; ++row) {
      T* x = logits + row * classes;
      if (targets[row] == ignoredClass) {
        std::fill_n(x, classes, T(0));
        continue;
      }
      const A shift = logSumExp[row];
      T& atTarget = x[targets[row]];
      const A gradAtTarget = (exponential(load(atTarget) - shift) - 1) * grad;
#pragma omp simd
      for (int64_t i = 0; i < classes; ++i) store(x[i], exponential(load(x[i]) - shift) * grad);
      store(atTarget, gradAtTarget);
    }
  }
};

/** Rows for which a thread is worth starting. */
int64_t rowsPerThread(int64_t classes) {
  return elementsPerThread / classes + 1;
}

std::tuple<Tensor, Tensor> forwardCpu(const Tensor& logits, const Tensor& targets) {
  checkCrossEntropySum(logits, targets);
  checkClasses(targets, logits.size(1));
  const int64_t rows = logits.size(0), classes = logits.size(1);
  Tensor logSumExp, loss;
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, logits.scalar_type(), "cross_entropy_sum", [&] {
    using A = Accumulate<scalar_t>;
    const auto* x = logits.const_data_ptr<scalar_t>();
    const int64_t* target = targets.const_data_ptr<int64_t>();
    logSumExp = at::empty({rows}, logits.options().dtype(c10::CppTypeToScalarType<A>::value));
    A* sums = logSumExp.mutable_data_ptr<A>();
    at::parallel_for(0, rows, rowsPerThread(classes),
                     [&](int64_t begin, int64_t end) { runKernel<LogSumExp<scalar_t>>(x, sums, begin, end, classes); });
    double total = 0;
    for (int64_t row = 0; row < rows; ++row) {
      if (target[row] != ignoredClass) total += sums[row] - load(x[row * classes + target[row]]);
    }
    loss = at::scalar_tensor(total, logSumExp.options());
  });
  return {loss, logSumExp};
}

void backwardCpu(const Tensor& grad, const Tensor& logits, const Tensor& targets, const Tensor& logSumExp) {
  checkCrossEntropySumBackward(grad, logits, targets, logSumExp);
  checkClasses(targets, logits.size(1));
  const int64_t classes = logits.size(1);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, logits.scalar_type(), "cross_entropy_sum_backward_", [&] {
    using A = Accumulate<scalar_t>;
    at::parallel_for(0, logits.size(0), rowsPerThread(classes), [&](int64_t begin, int64_t end) {
      runKernel<CrossEntropyBackward<scalar_t>>(logits.mutable_data_ptr<scalar_t>(), targets.const_data_ptr<int64_t>(),
                                                logSumExp.const_data_ptr<A>(), grad.item<A>(), begin, end, classes);
    });
  });
}

auto callForward(const Tensor& logits, const Tensor& targets) {
  static const auto op = findOperator<decltype(forwardCpu)>("libbert::cross_entropy_sum_forward");
  return op.call(logits, targets);
}

struct Formula : torch::autograd::Function<Formula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& logits, const Tensor& targets) {
    TORCH_CHECK(!logits.requires_grad() || !logits.is_leaf(),
                "Expected logits that an operation computed, which backward() may overwrite, but received a leaf");
    at::AutoDispatchBelowADInplaceOrView guard;
    const auto [loss, logSumExp] = callForward(logits, targets);
    ctx->save_for_backward({logits, targets, logSumExp});
    return loss;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    static const auto op = findOperator<decltype(backwardCpu)>("libbert::cross_entropy_sum_backward_");
    const auto saved = ctx->get_saved_variables();
    const Tensor gradient = saved[0].detach();
    op.call(grads[0], gradient, saved[1], saved[2]);
    gradient.unsafeGetTensorImpl()->bump_version();  // whoever needs the logits after this is told
    return {gradient, Tensor()};
  }
};

Tensor withoutGradient(const Tensor& logits, const Tensor& targets) {
  return std::get<0>(callForward(logits, targets));
}

Tensor withGradient(const Tensor& logits, const Tensor& targets) {
  return Formula::apply(logits, targets);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("cross_entropy_sum_forward", forwardCpu);
  m.impl("cross_entropy_sum_backward_", backwardCpu);
}

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("cross_entropy_sum", withoutGradient);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("cross_entropy_sum", withGradient);
}

}  // namespace libbert
