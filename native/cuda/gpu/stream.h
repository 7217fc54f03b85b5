// What nvcc need not know of LibTorch: where kernels are launched, and whether it went well.

#pragma once

struct CUstream_st;

namespace libbert {

/** LibTorch's current stream of the current GPU. */
CUstream_st* currentStream();

/** Throws what went wrong when a kernel was launched. */
void checkLaunch();

}  // namespace libbert
