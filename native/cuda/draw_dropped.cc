// Dropout's decisions on a GPU.

#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAGuard.h>

#include "../ops/arguments.h"
#include "drop_mask.h"
#include "drop_mask_kernel.h"
#include "kernel_choice.h"

namespace libbert {
namespace {

at::Tensor dropWithKernel(const DropRequest& request) {
  const c10::cuda::CUDAGuard guard(request.device);
  std::optional<at::Tensor> rowIds;
  if (request.rowIds) rowIds = request.rowIds->to(request.device, /*non_blocking=*/true);
  const int64_t blocks = (request.columns + 3) / 4;
  const at::Tensor dropped =
      at::empty({request.rows, request.planes, 4 * blocks}, at::TensorOptions(request.device).dtype(at::kBool));
  launchDropKernel(dropped.mutable_data_ptr<bool>(), request.rows, request.planes, blocks,
                   DropoutMask(request.p, request.key, dataOf(rowIds)), c10::cuda::getCurrentCUDAStream());
  return dropped.narrow(2, 0, request.columns);
}

}  // namespace

at::Tensor drawDropped(const DropRequest& request) {
  return isOn(OwnKernel::dropMask) ? dropWithKernel(request) : composeDropped(request);
}

}  // namespace libbert
