// adamw_ and sum_of_squares on a GPU, with the kernels in kernels/adamw.h and kernels/sum_of_squares.h.

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>

#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"
#include "kernels/adamw.h"
#include "kernels/sum_of_squares.h"
#include "kernels/sum_to_scalar.h"

namespace libbert {

using at::Tensor;

void adamW(const Tensor& master, const Tensor& weight, const Tensor& grad, const Tensor& expAvg, const Tensor& expAvgSq,
           const Tensor& rates, double rateScale, double beta1, double beta2, double eps, double weightDecay,
           const Tensor& gradScale, bool zeroGrad) {
  checkAdamWBuffers(master, weight, grad, expAvg, expAvgSq);
  checkRates(rates);
  checkGradScale(gradScale);
  const bool fits =
      beginsPack(master) && beginsPack(weight) && beginsPack(grad) && beginsPack(expAvg) && beginsPack(expAvgSq);
  if (!isTaken(OwnKernels::adamW) || !fits) {
    return composeAdamW(master, weight, grad, expAvg, expAvgSq, rates, rateScale, beta1, beta2, eps, weightDecay,
                        gradScale, zeroGrad);
  }
  const c10::OptionalDeviceGuard guard(master.device());
  const Tensor scale = gradScale.to(master.device(), /*non_blocking=*/true);
  const Tensor ownRates = rates.to(master.device(), /*non_blocking=*/true);
  const AdamWSettings settings{rateScale, beta1, beta2, eps, weightDecay};
  const int64_t count = master.numel();
  const auto run = [&]<typename Weight, typename Grad>(Weight* weights, Grad* grads) {
    using Kernel = AdamWKernel<Weight, Grad>;
    launch<Kernel>(Kernel::blocksFor(count),
                   {master.mutable_data_ptr<float>(), weights, grads, expAvg.mutable_data_ptr<float>(),
                    expAvgSq.mutable_data_ptr<float>(), count, settings, ownRates.const_data_ptr<double>(),
                    scale.const_data_ptr<float>(), zeroGrad});
  };
  const auto runWithWeight = [&]<typename Weight>(Weight* weights) {
    if (grad.scalar_type() == at::kFloat) {
      run(weights, grad.mutable_data_ptr<float>());
    } else {
      run(weights, grad.mutable_data_ptr<at::BFloat16>());
    }
  };
  if (weight.scalar_type() == at::kFloat) {
    runWithWeight(weight.mutable_data_ptr<float>());
  } else {
    runWithWeight(weight.mutable_data_ptr<at::BFloat16>());
  }
}

Tensor sumOfSquares(const Tensor& flat) {
  checkFlat(flat);
  if (!isTaken(OwnKernels::sumOfSquares)) return composeSumOfSquares(flat);
  const c10::OptionalDeviceGuard guard(flat.device());
  const Tensor sum = at::empty({}, flat.options().dtype(at::kDouble));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, flat.scalar_type(), "sum_of_squares", [&] {
    using Kernel = SumOfSquaresKernel<scalar_t>;
    const int64_t blocks = Kernel::blocksFor(flat.numel());
    const Tensor sums = at::empty({blocks}, sum.options());
    launch<Kernel>(blocks, {flat.const_data_ptr<scalar_t>(), sums.mutable_data_ptr<double>(), flat.numel()});
    launch<SumToScalarKernel<double, double>>(1,
                                              {sums.const_data_ptr<double>(), sum.mutable_data_ptr<double>(), blocks});
  });
  return sum;
}

}  // namespace libbert
