// The switch for kernels that no GPU has run yet: LIBBERT_CUDA_KERNELS=1 turns them on. Without it every operator is a
// composition of LibTorch's own.

#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAGuard.h>

#include <cstdlib>
#include <string_view>

#include "../ops/arguments.h"
#include "drop_mask.h"
#include "drop_mask_kernel.h"

namespace libbert {
namespace {

bool kernelsWanted() {
  static const bool wanted = [] {
    const char* value = std::getenv("LIBBERT_CUDA_KERNELS");
    return value != nullptr && std::string_view(value) == "1";
  }();
  return wanted;
}

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
  return kernelsWanted() ? dropWithKernel(request) : composeDropped(request);
}

}  // namespace libbert
