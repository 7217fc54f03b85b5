// A block of GPU threads on one CPU thread. Each is a fibre that runs until it needs the others: its warp at an
// exchange, its block at a barrier. What a GPU leaves open, here is chosen: warps run in the order that was asked for,
// one as far as it gets before the next, so that a kernel whose result depends on the order shows it.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace libbert::emulator {

struct Fibre;

/** The order of warps, of the lanes of a warp and of blocks: 0 is as they are numbered, 1 is backwards, others are
 * random. */
inline int order = 0;

/** Is told of each kernel that begins, where somebody counts them. */
inline void (*onLaunch)() = nullptr;

/** The numbers below count, in that order. */
std::vector<int> ordered(int count, std::mt19937& random);

class Block {
 public:
  explicit Block(int threads);
  ~Block();

  /** Runs body(index) for every thread. Ends the process where threads do not meet as a GPU demands. */
  void run(const std::function<void(int)>& body);

  /** Called by a thread: waits for all of its block. */
  void sync();

  /** Called by a thread: the bits that lane `lane ^ distance` of its warp hands over at the same exchange. */
  uint64_t exchange(uint64_t bits, int distance);

 private:
  void runWarp(int warp);
  bool exchangeInWarp(int warp);
  void suspend();
  static void enter();

  std::vector<std::unique_ptr<Fibre>> fibres;
  Fibre* running = nullptr;
  const std::function<void(int)>* body = nullptr;
  std::mt19937 random;
};

}  // namespace libbert::emulator
