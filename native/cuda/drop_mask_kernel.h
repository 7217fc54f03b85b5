// The CUDA kernel that draws dropout's decisions.

#pragma once

#include <c10/cuda/CUDAStream.h>

#include <cstdint>

#include "../ops/dropout_mask.h"

namespace libbert {

/** Runs dropBlock() for every block of dropped [rows, planes, 4 * blocks]; it and the ids lie on the stream's GPU. */
void launchDropKernel(bool* dropped, int64_t rows, int64_t planes, int64_t blocks, const DropoutMask& mask,
                      c10::cuda::CUDAStream stream);

}  // namespace libbert
