// A row that a block shares: of any length, beginning anywhere.

#pragma once

#include <type_traits>

#include "pack.h"

namespace libbert {

/** Packs from the first address that is a multiple of 16, and what stands before and after them. */
template <typename T>
struct LongRow {
  T* elements;
  int64_t count, before, packs;

  LIBBERT_DEVICE LongRow(T* elements, int64_t count) : elements(elements), count(count) {
    const auto address = reinterpret_cast<uintptr_t>(elements);
    const auto untilPack = static_cast<int64_t>((bytesPerPack - address % bytesPerPack) % bytesPerPack / sizeof(T));
    before = untilPack < count ? untilPack : count;
    packs = (count - before) / packSize<std::remove_const_t<T>>;
  }

  /** Calls pack(column) and one(column) for the columns of this thread. */
  template <int threadsPerBlock, typename Thread, typename VisitPack, typename VisitOne>
  LIBBERT_DEVICE void share(const Thread& thread, VisitPack pack, VisitOne one) const {
    if (thread.index() < before) one(int64_t{thread.index()});
    for (int64_t i = thread.index(); i < packs; i += threadsPerBlock)
      pack(before + i * packSize<std::remove_const_t<T>>);
    const int64_t after = before + packs * packSize<std::remove_const_t<T>> + thread.index();
    if (after < count) one(after);
  }
};

}  // namespace libbert
