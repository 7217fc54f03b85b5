// dropout_add_layer_norm: LayerNorm(residual + dropout(input)) over the last dimension (Ba, Kiros and Hinton, 2016), as
// it closes both halves of a post-norm Transformer layer. The forward pass keeps the sum and each row's statistics.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <tuple>

#include "accumulated_gradient.h"
#include "arguments.h"
#include "autograd.h"
#include "find_operator.h"
#include "layer_norm_kernels.h"

namespace libbert {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::tuple<Tensor, Tensor, Tensor, Tensor> forwardCpu(const Tensor& input, const Tensor& residual, const Tensor& weight,
                                                      const Tensor& bias, double eps, double p,
                                                      const std::optional<Tensor>& key,
                                                      const std::optional<Tensor>& rowIds) {
  checkDropoutAddLayerNorm(input, residual, weight, bias);
  checkDropout(p, key, rowIds, input.size(0));
  const int64_t rows = input.size(0), width = input.size(1);
  const Tensor x = input.contiguous(), r = residual.contiguous(), w = weight.contiguous(), b = bias.contiguous();
  Tensor sum = at::empty_like(x), output = at::empty_like(x), mean, rstd;
  const DropoutMask mask(p, numberOf(key), dataOf(rowIds));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "dropout_add_layer_norm", [&] {
    using A = Accumulate<scalar_t>;
    mean = at::empty({rows}, x.options().dtype(c10::CppTypeToScalarType<A>::value));
    rstd = at::empty_like(mean);
    const NormalisedRows<scalar_t> normalised{w.const_data_ptr<scalar_t>(),
                                              b.const_data_ptr<scalar_t>(),
                                              sum.mutable_data_ptr<scalar_t>(),
                                              output.mutable_data_ptr<scalar_t>(),
                                              mean.mutable_data_ptr<A>(),
                                              rstd.mutable_data_ptr<A>(),
                                              width,
                                              eps};
    at::parallel_for(0, rows, elementsPerThread / (width + 1) + 1, [&](int64_t begin, int64_t end) {
      runKernel<LayerNormForward<scalar_t>>(normalised, x.const_data_ptr<scalar_t>(), r.const_data_ptr<scalar_t>(),
                                            begin, end, p > 0, mask);
    });
  });
  return {output, sum, mean, rstd};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> backwardCpu(const Tensor& grad, const Tensor& sum, const Tensor& mean,
                                                       const Tensor& rstd, const Tensor& weight, double p,
                                                       const std::optional<Tensor>& key,
                                                       const std::optional<Tensor>& rowIds) {
  checkLayerNormBackward(grad, sum, mean, rstd, weight);
  checkDropout(p, key, rowIds, sum.size(0));
  const int64_t rows = sum.size(0), width = sum.size(1);
  const Tensor g = grad.contiguous(), w = weight.contiguous();
  Tensor gradResidual = at::empty_like(sum), gradWeight = at::empty_like(w), gradBias = at::empty_like(w);
  Tensor gradInput = p > 0 ? at::empty_like(sum) : gradResidual;
  const DropoutMask mask(p, numberOf(key), dataOf(rowIds));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, sum.scalar_type(), "dropout_add_layer_norm_backward", [&] {
    using A = Accumulate<scalar_t>;
    const LayerNormGradRows<scalar_t> pointers{g.const_data_ptr<scalar_t>(),
                                               sum.const_data_ptr<scalar_t>(),
                                               w.const_data_ptr<scalar_t>(),
                                               mean.const_data_ptr<A>(),
                                               rstd.const_data_ptr<A>(),
                                               gradResidual.mutable_data_ptr<scalar_t>(),
                                               gradInput.mutable_data_ptr<scalar_t>(),
                                               gradWeight.mutable_data_ptr<scalar_t>(),
                                               gradBias.mutable_data_ptr<scalar_t>(),
                                               rows,
                                               width};
    at::parallel_for(0, rows, elementsPerThread / (width + 1) + 1, [&](int64_t begin, int64_t end) {
      runKernel<LayerNormBackward<scalar_t>>(pointers, begin, end, p > 0, mask);
    });
    const int64_t strips = (width + stripWidth - 1) / stripWidth;
    const int64_t stripsPerThread = elementsPerThread / (rows * stripWidth + 1) + 1;
    at::parallel_for(0, strips, stripsPerThread, [&](int64_t begin, int64_t end) {
      for (int64_t strip = begin; strip < end; ++strip) {
        runKernel<LayerNormParameterGradients<scalar_t>>(pointers, strip * stripWidth);
      }
    });
  });
  return {gradInput, gradResidual, gradWeight, gradBias};
}

auto callForward(const Tensor& input, const Tensor& residual, const Tensor& weight, const Tensor& bias, double eps,
                 double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  static const auto op = findOperator<decltype(forwardCpu)>("libbert::dropout_add_layer_norm_forward");
  return op.call(input, residual, weight, bias, eps, p, key, rowIds);
}

auto callBackward(const Tensor& grad, const Tensor& sum, const Tensor& mean, const Tensor& rstd, const Tensor& weight,
                  double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  static const auto op = findOperator<decltype(backwardCpu)>("libbert::dropout_add_layer_norm_backward");
  return op.call(grad, sum, mean, rstd, weight, p, key, rowIds);
}

struct Formula : torch::autograd::Function<Formula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const Tensor& residual, const Tensor& weight,
                        const Tensor& bias, double eps, double p, const std::optional<Tensor>& key,
                        const std::optional<Tensor>& rowIds) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const auto [output, sum, mean, rstd] = callForward(input, residual, weight, bias, eps, p, key, rowIds);
    ctx->save_for_backward({sum, mean, rstd, weight, bias, key.value_or(Tensor()), rowIds.value_or(Tensor())});
    ctx->saved_data["p"] = p;
    return output;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &weight = saved[3], &bias = saved[4];
    const auto [input, residual, gradWeight, gradBias] =
        callBackward(grads[0], saved[0], saved[1], saved[2], weight, ctx->saved_data["p"].toDouble(),
                     savedOptional(saved[5]), savedOptional(saved[6]));
    const Tensor none;
    return {input, residual, addedLater(weight, gradWeight), addedLater(bias, gradBias), none, none, none, none};
  }
};

Tensor withoutGradient(const Tensor& input, const Tensor& residual, const Tensor& weight, const Tensor& bias,
                       double eps, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  return std::get<0>(callForward(input, residual, weight, bias, eps, p, key, rowIds));
}

Tensor withGradient(const Tensor& input, const Tensor& residual, const Tensor& weight, const Tensor& bias, double eps,
                    double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  return Formula::apply(input, residual, weight, bias, eps, p, key, rowIds);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("dropout_add_layer_norm_forward", forwardCpu);
  m.impl("dropout_add_layer_norm_backward", backwardCpu);
}

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("dropout_add_layer_norm", withoutGradient);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("dropout_add_layer_norm", withGradient);
}

}  // namespace libbert
