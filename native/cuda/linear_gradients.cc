// linear_gradients_ on a GPU: one product gives both gradients. LibTorch's operators take a product, and a sum that
// reads all of grad once more.

#include <ATen/Context.h>
#include <ATen/DeviceGuard.h>
#include <ATen/ops/empty.h>

#include "compositions.h"
#include "gradient_product.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"

namespace libbert {
namespace {

using at::Tensor;

bool isPacked(const Tensor& matrix) {
  return matrix.is_contiguous() && isInPacks(matrix) && beginsPack(matrix);
}

/** In deterministic runs LibTorch's serve: nothing says in which order cuBLASLt's kernels add up a bias. */
bool isServed(const Tensor& weightGradient, const Tensor& grad, const Tensor& input) {
  const auto type = input.scalar_type();
  return (type == at::kFloat || type == at::kBFloat16) && input.size(0) > 0 && input.size(0) <= INT32_MAX &&
         isPacked(weightGradient) && isPacked(grad) && isPacked(input) &&
         !at::globalContext().deterministicAlgorithms();
}

}  // namespace

Tensor linearGradients(const Tensor& weightGradient, const Tensor& grad, const Tensor& input) {
  checkLinearGradients(weightGradient, grad, input);
  if (isTaken(OwnKernels::linearGradients) && isServed(weightGradient, grad, input)) {
    const c10::OptionalDeviceGuard guard(input.device());
    const Tensor biasGradient = at::empty({grad.size(1)}, grad.options());
    if (runGradientProduct({grad, input, weightGradient, biasGradient})) return biasGradient;
  }
  return composeLinearGradients(weightGradient, grad, input);
}

}  // namespace libbert
