// dropout(LayerNorm(words + positions + segments)): one warp a token.

#pragma once

#include "normalise.h"

namespace libbert {

/** A table [count, width] and the ids [rows] that are looked up in it; null where there is none. */
template <typename T>
struct Table {
  const T* values = nullptr;
  const int64_t* ids = nullptr;
  int64_t count = 0;

  /** The row's place in memory. An id that is no row's ends the GPU's work, as it does in LibTorch's own look-up. */
  template <typename Thread>
  LIBBERT_DEVICE const T* find(const Thread& thread, int64_t token, int width) const {
    const int64_t id = ids[token];
    thread.require(id >= 0 && id < count);
    return values + id * width;
  }
};

template <typename T>
struct EmbeddingsForwardKernel {
  using A = Accumulate<T>;
  static constexpr int threadsPerBlock = warpsPerBlock * warpSize, blocksAtOnce = 6;

  struct Arguments {
    Table<T> words, positions, segments;
    T* sum;
    Normalised<T> normalised;
    int64_t tokens;
    RowDropout dropout;
  };

  struct Shared {};

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared&) {
    const int64_t token = thread.block() * warpsPerBlock + thread.warp();
    if (token >= x.tokens) return;
    const int width = x.normalised.width;
    const int64_t start = token * width;
    const RowDropout dropout = x.dropout.withKey();
    const T *word = x.words.find(thread, token, width), *position = x.positions.find(thread, token, width);
    const T* segment = x.segments.values ? x.segments.find(thread, token, width) : nullptr;
    A values[columnsPerLane<T>], total = 0;
    forEachPack<T>(thread, width, [&](int column, int i) {
      const Pack<T> sum = add(word, position, segment, column);
      LIBBERT_UNROLL
      for (int k = 0; k < packSize<T>; ++k) {
        values[i + k] = load(sum.values[k]);
        total += values[i + k];
      }
      writePack(x.sum + start + column, sum);
    });
    normalise<T>(thread, x.normalised, token, values, total, [&](int column, const Pack<T>& output) {
      writePack(x.normalised.output + start + column, dropout.drop(output, token, column));
    });
  }

  static LIBBERT_DEVICE Pack<T> add(const T* word, const T* position, const T* segment, int column) {
    const auto fromWord = readPack(word + column), fromPosition = readPack(position + column);
    Pack<T> fromSegment{}, sum;
    if (segment) fromSegment = readPack(segment + column);
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) {
      const A place = load(fromPosition.values[k]) + (segment ? load(fromSegment.values[k]) : 0);
      store(sum.values[k], load(fromWord.values[k]) + place);
    }
    return sum;
  }
};

}  // namespace libbert
