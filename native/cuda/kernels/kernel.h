// What a kernel is: a struct with
//
//   Arguments                           what it is launched with
//   Shared                              what the threads of a block share
//   threadsPerBlock, blocksAtOnce       the size of a block, and of how many a multiprocessor has the registers
//   run(thread, arguments, shared)      what each thread does, a template over the type of `thread`
//
// It sees the machine through `thread` alone: gpu/run_kernel.h has the GPU's, and test/native/emulator one that runs on
// the CPU. So what the tests check is what the GPU runs.
//
//   thread.index(), thread.lane(), thread.warp()   its place in its block, in its warp, and the place of the warp
//   thread.block(), thread.blocks()                the block, and their number
//   thread.sync()                                  waits for all threads of the block
//   thread.fromLane(value, distance)               the value of lane `lane() ^ distance`; all lanes of a warp take part
//   thread.require(condition)                      ends the kernel with an error where the condition does not hold

#pragma once

#include <cstdint>

#include "../../ops/inline.h"

#ifdef __CUDACC__
#define LIBBERT_DEVICE __device__ __forceinline__
#define LIBBERT_UNROLL _Pragma("unroll")
#else
#define LIBBERT_DEVICE inline
#define LIBBERT_UNROLL
#endif

namespace libbert {

constexpr int warpSize = 32;

/** Runs a kernel in so many blocks, on the GPU's current stream. Each .cu file defines it for its kernels. */
template <typename Kernel>
void launch(int64_t blocks, const typename Kernel::Arguments& arguments);

/** The sum over a warp: the same bits in each of its lanes. */
template <typename Thread, typename A>
LIBBERT_DEVICE A sumOfWarp(const Thread& thread, A value) {
  LIBBERT_UNROLL
  for (int distance = warpSize / 2; distance > 0; distance /= 2) value += thread.fromLane(value, distance);
  return value;
}

/** The sum over a block, in the order of its warps, of which `sums` has a place for each; thread 0 alone gets it. */
template <int warps, typename Thread, typename A>
LIBBERT_DEVICE A sumOfBlock(const Thread& thread, A (&sums)[warps], A value) {
  const A ofWarp = sumOfWarp(thread, value);
  if (thread.lane() == 0) sums[thread.warp()] = ofWarp;
  thread.sync();
  if (thread.index() > 0) return 0;
  A ofBlock = 0;
  for (int warp = 0; warp < warps; ++warp) ofBlock += sums[warp];
  return ofBlock;
}

}  // namespace libbert
