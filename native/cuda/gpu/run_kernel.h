// What a .cu file includes to launch its kernels on a GPU; test/native/emulator has the file of this name that runs
// them on the CPU.

#pragma once

#include "../kernels/kernel.h"
#include "stream.h"

namespace libbert {

/** A thread as kernels/kernel.h describes it. */
struct GpuThread {
  __device__ __forceinline__ int index() const {
    return threadIdx.x;
  }
  __device__ __forceinline__ int lane() const {
    return threadIdx.x % libbert::warpSize;
  }
  __device__ __forceinline__ int warp() const {
    return threadIdx.x / libbert::warpSize;
  }
  __device__ __forceinline__ int64_t block() const {
    return blockIdx.x;
  }
  __device__ __forceinline__ int64_t blocks() const {
    return gridDim.x;
  }
  __device__ __forceinline__ void sync() const {
    __syncthreads();
  }
  template <typename V>
  __device__ __forceinline__ V fromLane(V value, int distance) const {
    return __shfl_xor_sync(0xffffffffu, value, distance);
  }
  __device__ __forceinline__ void require(bool condition) const {
    if (!condition) __trap();
  }
};

template <typename Kernel>
__global__ void __launch_bounds__(Kernel::threadsPerBlock, Kernel::blocksAtOnce)
    runOnGpu(const __grid_constant__ typename Kernel::Arguments arguments) {
  __shared__ typename Kernel::Shared shared;
  Kernel::run(GpuThread(), arguments, shared);
}

template <typename Kernel>
void launch(int64_t blocks, const typename Kernel::Arguments& arguments) {
  if (blocks == 0) return;
  runOnGpu<Kernel><<<static_cast<unsigned>(blocks), Kernel::threadsPerBlock, 0, currentStream()>>>(arguments);
  checkLaunch();
}

}  // namespace libbert
