// The counter-based random generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// 2011).

#pragma once

#include <cstdint>

#include "inline.h"

namespace libbert {

struct PhiloxKey {
  uint32_t low, high;

  /** Spreads neighbouring integers over all 64 bits (finaliser of SplitMix64; Steele, Lea and Flood, 2014). */
  static PhiloxKey mix(int64_t key) {
    uint64_t z = static_cast<uint64_t>(key) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return {static_cast<uint32_t>(z), static_cast<uint32_t>(z >> 32)};
  }
};

/** Replaces a counter of four words by four random words. Straight-line code: a loop around it vectorises. */
LIBBERT_INLINE void philox(uint32_t& a, uint32_t& b, uint32_t& c, uint32_t& d, PhiloxKey key) {
#ifdef __CUDACC__
#pragma unroll
#else
#pragma GCC unroll 10
#endif
  for (int round = 0; round < 10; ++round) {
    const uint64_t productA = uint64_t{0xd2511f53u} * a;
    const uint64_t productC = uint64_t{0xcd9e8d57u} * c;
    a = static_cast<uint32_t>(productC >> 32) ^ b ^ key.low;
    b = static_cast<uint32_t>(productC);
    c = static_cast<uint32_t>(productA >> 32) ^ d ^ key.high;
    d = static_cast<uint32_t>(productA);
    key.low += 0x9e3779b9u;
    key.high += 0xbb67ae85u;
  }
}

}  // namespace libbert
