// Chooses the instruction set of a kernel at run time: prebuilt binaries meet many processors.
//
// A kernel is a struct with `template <int vectorBytes> static LIBBERT_INLINE void run(...)`. Its body is compiled once
// per instruction set; whatever it calls must be LIBBERT_INLINE too, since a function that is not inlined keeps the
// baseline instruction set. (GCC's target_clones would hide the vector width, which small_gemm.h needs.)

#pragma once

#include "inline.h"
#include "instructions.h"

// Two copies of a kernel, inlined or specialised for different callers, may add in different orders: one with threads,
// another without. noipa keeps it to one.
#define LIBBERT_ONE_COPY noinline, noipa

namespace libbert {

#ifdef __x86_64__

template <typename Kernel, typename... Args>
__attribute__((target("arch=x86-64-v4,prefer-vector-width=512"), LIBBERT_ONE_COPY)) void runAvx512(Args... args) {
  Kernel::template run<64>(args...);
}

template <typename Kernel, typename... Args>
__attribute__((target("arch=x86-64-v3"), LIBBERT_ONE_COPY)) void runAvx2(Args... args) {
  Kernel::template run<32>(args...);
}

#endif

template <typename Kernel, typename... Args>
__attribute__((LIBBERT_ONE_COPY)) void runBaseline(Args... args) {
  Kernel::template run<16>(args...);
}

/** Runs a kernel with the widest instruction set that there is. */
template <typename Kernel, typename... Args>
void runKernel(Args... args) {
#ifdef __x86_64__
  if (has(Instructions::avx512)) return runAvx512<Kernel>(args...);
  if (has(Instructions::avx2)) return runAvx2<Kernel>(args...);
#endif
  runBaseline<Kernel>(args...);
}

}  // namespace libbert
