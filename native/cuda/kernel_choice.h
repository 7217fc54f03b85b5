// Whether our own kernels run on this GPU.

#pragma once

namespace libbert {

/**
 * Whether operators take our own kernels; otherwise they are compositions of LibTorch's operators.
 *
 * @throws c10::Error where LIBBERT_CUDA_KERNELS is neither 0 nor 1
 */
bool ownKernelsAreOn();

}  // namespace libbert
