// dropout_add_layer_norm on a GPU, with the kernels in kernels/layer_norm_forward.h and kernels/layer_norm_backward.h.

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"
#include "kernels/layer_norm_backward.h"
#include "kernels/layer_norm_forward.h"
#include "kernels/sum_partials.h"

namespace libbert {

using at::Tensor;

std::tuple<Tensor, Tensor, Tensor, Tensor> layerNormForward(const Tensor& input, const Tensor& residual,
                                                            const Tensor& weight, const Tensor& bias, double eps,
                                                            double p, const std::optional<Tensor>& key,
                                                            const std::optional<Tensor>& rowIds) {
  checkDropoutAddLayerNorm(input, residual, weight, bias);
  checkDropout(p, key, rowIds, input.size(0));
  if (!isTaken(OwnKernels::dropoutAddLayerNorm) || !rowFits(input)) {
    return composeDropoutAddLayerNormForward(input, residual, weight, bias, eps, p, key, rowIds);
  }
  const c10::OptionalDeviceGuard guard(input.device());
  const int64_t rows = input.size(0);
  const int width = static_cast<int>(input.size(1));
  const Tensor x = aligned(input), r = aligned(residual), w = aligned(weight), b = aligned(bias);
  const Tensor sum = at::empty_like(x), output = at::empty_like(x);
  const Tensor mean = at::empty({rows}, x.options().dtype(at::toOpMathType(x.scalar_type())));
  const Tensor rstd = at::empty_like(mean);
  const auto seed = onDeviceOf(input, key), ids = onDeviceOf(input, rowIds);
  const RowDropout dropout(p, dataOf(seed), dataOf(ids));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "dropout_add_layer_norm", [&] {
    using A = Accumulate<scalar_t>;
    const Normalised<scalar_t> normalised{w.const_data_ptr<scalar_t>(),
                                          b.const_data_ptr<scalar_t>(),
                                          output.mutable_data_ptr<scalar_t>(),
                                          mean.mutable_data_ptr<A>(),
                                          rstd.mutable_data_ptr<A>(),
                                          width,
                                          eps};
    launch<LayerNormForwardKernel<scalar_t>>(blocksOfRows(rows),
                                             {x.const_data_ptr<scalar_t>(), r.const_data_ptr<scalar_t>(),
                                              sum.mutable_data_ptr<scalar_t>(), normalised, rows, dropout});
  });
  return {output, sum, mean, rstd};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> layerNormBackward(const Tensor& grad, const Tensor& sum, const Tensor& mean,
                                                             const Tensor& rstd, const Tensor& weight, double p,
                                                             const std::optional<Tensor>& key,
                                                             const std::optional<Tensor>& rowIds) {
  checkLayerNormBackward(grad, sum, mean, rstd, weight);
  checkDropout(p, key, rowIds, sum.size(0));
  if (!isTaken(OwnKernels::dropoutAddLayerNorm) || !rowFits(sum)) {
    return composeDropoutAddLayerNormBackward(grad, sum, mean, rstd, weight, p, key, rowIds);
  }
  const c10::OptionalDeviceGuard guard(sum.device());
  const int64_t rows = sum.size(0);
  const int width = static_cast<int>(sum.size(1));
  const Tensor g = aligned(grad), s = aligned(sum), w = aligned(weight);
  const Tensor gradSum = at::empty_like(s), gradInput = p > 0 ? at::empty_like(s) : gradSum;
  const Tensor gradParameters = at::empty({2, width}, w.options());
  const auto seed = onDeviceOf(sum, key), ids = onDeviceOf(sum, rowIds);
  const RowDropout dropout(p, dataOf(seed), dataOf(ids));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, s.scalar_type(), "dropout_add_layer_norm_backward", [&] {
    using A = Accumulate<scalar_t>;
    using Kernel = LayerNormBackwardKernel<scalar_t>;
    const int64_t blocks = Kernel::blocksFor(rows);
    const Tensor partials = at::empty({blocks, 2, width}, mean.options());
    launch<Kernel>(blocks,
                   {g.const_data_ptr<scalar_t>(), s.const_data_ptr<scalar_t>(), w.const_data_ptr<scalar_t>(),
                    mean.const_data_ptr<A>(), rstd.const_data_ptr<A>(), gradSum.mutable_data_ptr<scalar_t>(),
                    gradInput.mutable_data_ptr<scalar_t>(), partials.mutable_data_ptr<A>(), rows, width, dropout});
    using Sum = SumPartialsKernel<scalar_t>;
    launch<Sum>(Sum::blocksFor(2 * width),
                {partials.const_data_ptr<A>(), gradParameters.mutable_data_ptr<scalar_t>(), blocks, 2 * width});
  });
  return {gradInput, gradSum, gradParameters[0], gradParameters[1]};
}

}  // namespace libbert
