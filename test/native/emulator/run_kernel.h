// What a .cu file includes to run its kernels on the CPU, where native/cuda/gpu has the file of this name for the GPU.

#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>

#include "../../../native/cuda/kernels/kernel.h"
#include "block.h"

namespace libbert {

/** A thread as kernels/kernel.h describes it. */
struct EmulatedThread {
  emulator::Block& ofBlock;
  int64_t blockIndex, blockCount;
  int threadIndex;

  int index() const {
    return threadIndex;
  }
  int lane() const {
    return threadIndex % warpSize;
  }
  int warp() const {
    return threadIndex / warpSize;
  }
  int64_t block() const {
    return blockIndex;
  }
  int64_t blocks() const {
    return blockCount;
  }
  void sync() const {
    ofBlock.sync();
  }
  template <typename V>
  V fromLane(V value, int distance) const {
    static_assert(sizeof(V) <= sizeof(uint64_t));
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(V));
    bits = ofBlock.exchange(bits, distance);
    std::memcpy(&value, &bits, sizeof(V));
    return value;
  }
  void require(bool condition) const {
    if (!condition) std::abort();
  }
};

template <typename Kernel>
void launch(int64_t blocks, const typename Kernel::Arguments& arguments) {
  if (blocks > 0 && emulator::onLaunch != nullptr) emulator::onLaunch();
  using Shared = typename Kernel::Shared;
  static_assert(sizeof(Shared) <= 48 << 10, "a block has 48 KiB of shared memory");
  static_assert(sizeof(typename Kernel::Arguments) <= 4 << 10, "a launch takes 4 KiB of arguments");
  emulator::Block block(Kernel::threadsPerBlock);
  const auto shared = std::make_unique_for_overwrite<Shared>();  // on the heap, where AddressSanitizer sees its end
  std::mt19937 random(emulator::order);
  for (const int64_t index : emulator::ordered(blocks, random)) {
    std::memset(static_cast<void*>(shared.get()), 0xff,
                sizeof(Shared));  // NaN: nothing may be read before it is written
    block.run([&](int thread) { Kernel::run(EmulatedThread{block, index, blocks, thread}, arguments, *shared); });
  }
}

}  // namespace libbert
