// What the body of a kernel calls is inlined into it; where nvcc compiles it, it serves the GPU as well.

#pragma once

#ifdef __CUDACC__
#define LIBBERT_INLINE __host__ __device__ __forceinline__
#else
#define LIBBERT_INLINE inline __attribute__((always_inline))
#endif
