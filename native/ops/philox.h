// The counter-based random generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// 2011).

#pragma once

#include <cstdint>

#include "inline.h"

namespace libbert {

struct PhiloxKey {
  uint32_t low, high;

  /** Spreads neighbouring integers over all 64 bits (finaliser of SplitMix64; Steele, Lea and Flood, 2014). */
  static LIBBERT_INLINE PhiloxKey mix(int64_t key) {
    uint64_t z = static_cast<uint64_t>(key) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return {static_cast<uint32_t>(z), static_cast<uint32_t>(z >> 32)};
  }
};

/**
 * The four random words of a counter. Straight-line code: a loop around it vectorises. The words of the counter are 64
 * bits wide, though only their low halves count, since the products are: narrowing them would cost more than the
 * products.
 */
LIBBERT_INLINE void philox(uint32_t* words, uint64_t a, uint64_t b, uint64_t c, uint64_t d, PhiloxKey key) {
#ifdef __CUDACC__
#pragma unroll
#else
#pragma GCC unroll 10
#endif
  for (int round = 0; round < 10; ++round) {
    const uint64_t productA = uint64_t{0xd2511f53u} * static_cast<uint32_t>(a);
    const uint64_t productC = uint64_t{0xcd9e8d57u} * static_cast<uint32_t>(c);
    a = (productC >> 32) ^ b ^ key.low;
    b = productC;
    c = (productA >> 32) ^ d ^ key.high;
    d = productA;
    key.low += 0x9e3779b9u;
    key.high += 0xbb67ae85u;
  }
  words[0] = a, words[1] = b, words[2] = c, words[3] = d;
}

}  // namespace libbert
