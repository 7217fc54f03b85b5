#include "stream.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>

namespace libbert {

CUstream_st* currentStream() {
  return c10::cuda::getCurrentCUDAStream().stream();
}

void checkLaunch() {
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace libbert
