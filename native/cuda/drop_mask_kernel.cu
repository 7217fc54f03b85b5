// Dropout's decisions, drawn by a kernel: one thread a Philox block, that is 4 neighbouring columns.
//
// NEVER RUN ON A GPU YET. It is off unless LIBBERT_CUDA_KERNELS=1 (draw_dropped.cc). What a thread computes,
// dropBlock(), is checked on the CPU; the launch is not.

#include "drop_mask_kernel.h"

#include <c10/cuda/CUDAException.h>

#include "drop_block.h"

namespace libbert {
namespace {

constexpr int threadsPerBlock = 256;

__global__ void dropKernel(bool* dropped, int64_t count, int64_t planes, int64_t blocks, DropoutMask mask) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * threadsPerBlock + threadIdx.x;
  if (index < count) dropBlock(dropped, index, planes, blocks, mask);
}

}  // namespace

void launchDropKernel(bool* dropped, int64_t rows, int64_t planes, int64_t blocks, const DropoutMask& mask,
                      c10::cuda::CUDAStream stream) {
  const int64_t count = rows * planes * blocks;
  if (count == 0) return;
  const auto grid = static_cast<unsigned>((count + threadsPerBlock - 1) / threadsPerBlock);
  dropKernel<<<grid, threadsPerBlock, 0, stream>>>(dropped, count, planes, blocks, mask);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace libbert
