// dropout(input, p, key, row_ids): zeroes elements with probability p and scales the kept ones by 1 / (1 - p).
// The gradient is the same mask applied to the incoming gradient, so the operator is its own derivative.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include "arguments.h"
#include "autograd.h"
#include "drop_row.h"
#include "find_operator.h"

namespace libbert {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <typename T>
struct DropoutRows {
  template <int>
  static LIBBERT_INLINE void run(T* output, const T* input, int64_t begin, int64_t end, int64_t width,
                                 DropoutMask mask) {
    for (int64_t row = begin; row < end; ++row) dropRow(output + row * width, input + row * width, row, width, mask);
  }
};

Tensor dropout(const Tensor& input, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  checkMatrix(input);
  checkDropout(p, key, rowIds, input.size(0));
  if (p == 0) return input;
  const Tensor source = input.contiguous();
  Tensor output = at::empty_like(source);
  const int64_t width = input.size(1);
  const DropoutMask mask(p, numberOf(key), dataOf(rowIds));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, input.scalar_type(), "dropout", [&] {
    at::parallel_for(0, input.size(0), elementsPerThread / (width + 1) + 1, [&](int64_t begin, int64_t end) {
      runKernel<DropoutRows<scalar_t>>(output.mutable_data_ptr<scalar_t>(), source.const_data_ptr<scalar_t>(), begin,
                                       end, width, mask);
    });
  });
  return output;
}

Tensor callDropout(const Tensor& input, double p, const std::optional<Tensor>& key,
                   const std::optional<Tensor>& rowIds) {
  static const auto op = findOperator<decltype(dropout)>("libbert::dropout");
  return op.call(input, p, key, rowIds);
}

struct DropoutFormula : torch::autograd::Function<DropoutFormula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& input, double p, const std::optional<Tensor>& key,
                        const std::optional<Tensor>& rowIds) {
    at::AutoDispatchBelowADInplaceOrView guard;
    ctx->save_for_backward({key.value_or(Tensor()), rowIds.value_or(Tensor())});
    ctx->saved_data["p"] = p;
    return callDropout(input, p, key, rowIds);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const double p = ctx->saved_data["p"].toDouble();
    return {callDropout(grads[0], p, savedOptional(saved[0]), savedOptional(saved[1])), Tensor(), Tensor(), Tensor()};
  }
};

Tensor dropoutAutograd(const Tensor& input, double p, const std::optional<Tensor>& key,
                       const std::optional<Tensor>& rowIds) {
  return p == 0 ? input : DropoutFormula::apply(input, p, key, rowIds);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("dropout", dropout);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("dropout", dropoutAutograd);
}

}  // namespace libbert
