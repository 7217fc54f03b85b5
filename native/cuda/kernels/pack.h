// Neighbouring elements that are read and written in one access of 16 bytes.

#pragma once

#include "../../ops/dropout_mask.h"
#include "../../ops/element.h"
#include "kernel.h"

namespace libbert {

constexpr int bytesPerPack = 16;

template <typename T>
constexpr int packSize = bytesPerPack / sizeof(T);

template <typename T>
struct alignas(bytesPerPack) Pack {
  T values[packSize<T>];
};

/** The address is a multiple of 16. */
template <typename T>
LIBBERT_DEVICE Pack<T> readPack(const T* address) {
  return *reinterpret_cast<const Pack<T>*>(address);
}

template <typename T>
LIBBERT_DEVICE void writePack(T* address, const Pack<T>& pack) {
  *reinterpret_cast<Pack<T>*>(address) = pack;
}

/** Bit i says whether dropout drops column + i of a row; column is that of a pack. */
template <typename T>
LIBBERT_DEVICE uint32_t droppedBits(const DropoutMask& mask, uint64_t rowId, int column) {
  uint32_t bits = 0;
  LIBBERT_UNROLL
  for (int first = 0; first < packSize<T>; first += 4) {
    uint32_t words[4];
    mask.drawBlock(words, static_cast<uint32_t>(rowId), static_cast<uint32_t>(rowId >> 32), (column + first) / 4, 0);
    LIBBERT_UNROLL
    for (int i = 0; i < 4; ++i) bits |= (words[i] < mask.threshold ? 1u : 0u) << (first + i);
  }
  return bits >> (column % 4);  // a pack of two doubles may begin within a block of four columns
}

}  // namespace libbert
