// cross_entropy_sum on a GPU, with the kernels in kernels/cross_entropy.h.

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "../ops/arguments.h"
#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_operators.h"
#include "kernels/cross_entropy.h"
#include "kernels/sum_to_scalar.h"

namespace libbert {

using at::Tensor;

static_assert(classThatDoesNotCount == ignoredClass);

std::tuple<Tensor, Tensor> crossEntropySumForward(const Tensor& logits, const Tensor& targets) {
  checkCrossEntropySum(logits, targets);
  if (!isTaken(OwnKernels::crossEntropySum)) return composeCrossEntropySumForward(logits, targets);
  const c10::OptionalDeviceGuard guard(logits.device());
  const int64_t rows = logits.size(0);
  const auto options = logits.options().dtype(at::toOpMathType(logits.scalar_type()));
  const Tensor logSumExp = at::empty({rows}, options), losses = at::empty({rows}, options);
  const Tensor loss = at::empty({}, options);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, logits.scalar_type(), "cross_entropy_sum", [&] {
    using A = Accumulate<scalar_t>;
    launch<CrossEntropyForwardKernel<scalar_t>>(
        rows, {logits.const_data_ptr<scalar_t>(), targets.const_data_ptr<int64_t>(), logSumExp.mutable_data_ptr<A>(),
               losses.mutable_data_ptr<A>(), logits.size(1)});
    launch<SumToScalarKernel<A, A>>(1, {losses.const_data_ptr<A>(), loss.mutable_data_ptr<A>(), rows});
  });
  return {loss, logSumExp};
}

void crossEntropySumBackward(const Tensor& grad, const Tensor& logits, const Tensor& targets, const Tensor& logSumExp) {
  checkCrossEntropySumBackward(grad, logits, targets, logSumExp);
  if (!isTaken(OwnKernels::crossEntropySum)) return composeCrossEntropySumBackward(grad, logits, targets, logSumExp);
  const c10::OptionalDeviceGuard guard(logits.device());
  const Tensor gradOnDevice = grad.to(logSumExp.options(), /*non_blocking=*/true);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, logits.scalar_type(), "cross_entropy_sum_backward_", [&] {
    using A = Accumulate<scalar_t>;
    launch<CrossEntropyBackwardKernel<scalar_t>>(
        logits.size(0), {logits.mutable_data_ptr<scalar_t>(), targets.const_data_ptr<int64_t>(),
                         logSumExp.const_data_ptr<A>(), gradOnDevice.const_data_ptr<A>(), logits.size(1)});
  });
}

}  // namespace libbert
