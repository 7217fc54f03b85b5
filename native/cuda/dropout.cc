// dropout on a GPU, with the kernel in kernels/dropout.h.

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty_like.h>

#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"
#include "kernels/dropout.h"

namespace libbert {

using at::Tensor;

Tensor dropout(const Tensor& input, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  checkMatrix(input);
  checkDropout(p, key, rowIds, input.size(0));
  if (p == 0 || !isTaken(OwnKernels::dropout) || !isInPacks(input)) return composeDropout(input, p, key, rowIds);
  const c10::OptionalDeviceGuard guard(input.device());
  const Tensor x = aligned(input), output = at::empty_like(x);
  const int64_t rows = input.size(0);
  const int width = static_cast<int>(input.size(1));
  const auto seed = onDeviceOf(input, key), ids = onDeviceOf(input, rowIds);
  const RowDropout drop(p, dataOf(seed), dataOf(ids));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "dropout", [&] {
    using Kernel = DropoutKernel<scalar_t>;
    launch<Kernel>(Kernel::blocksFor(rows, width),
                   {x.const_data_ptr<scalar_t>(), output.mutable_data_ptr<scalar_t>(), rows, width, drop});
  });
  return output;
}

}  // namespace libbert
