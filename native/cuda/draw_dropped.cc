// Dropout's decisions on a GPU: drawn by the kernel in kernels/drop_mask.h, or composed.

#include <ATen/DeviceGuard.h>
#include <ATen/ops/empty.h>

#include "../ops/arguments.h"
#include "drop_mask.h"
#include "kernel_choice.h"
#include "kernels/drop_mask.h"

namespace libbert {
namespace {

at::Tensor dropWithKernel(const DropRequest& request) {
  const c10::OptionalDeviceGuard guard(request.device);
  const auto onDevice = [&](const std::optional<at::Tensor>& numbers) {
    return numbers ? std::optional(numbers->to(request.device, /*non_blocking=*/true)) : std::nullopt;
  };
  const auto key = onDevice(request.key), rowIds = onDevice(request.rowIds);
  const int64_t philoxBlocks = (request.columns + 3) / 4;
  const at::Tensor dropped =
      at::empty({request.rows, request.planes, 4 * philoxBlocks}, at::TensorOptions(request.device).dtype(at::kBool));
  launch<DropMaskKernel>(DropMaskKernel::blocksFor(request.rows * request.planes * philoxBlocks),
                         {static_cast<DropMaskKernel::Decisions*>(dropped.mutable_data_ptr()), request.rows,
                          request.planes, philoxBlocks, RowDropout(request.p, dataOf(key), dataOf(rowIds))});
  return dropped.narrow(2, 0, request.columns);
}

}  // namespace

at::Tensor drawDropped(const DropRequest& request) {
  return isTaken(OwnKernels::dropoutMask) ? dropWithKernel(request) : composeDropped(request);
}

}  // namespace libbert
