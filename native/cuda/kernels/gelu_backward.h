// GELU's gradient, and the sum of its rows: the gradient of the bias that was added before GELU. A block has a strip of
// columns, a pack for each lane, and every so many rows; what it sums of them, SumPartialsKernel (sum_partials.h) adds
// up.

#pragma once

#include <algorithm>

#include "../../ops/activation.h"
#include "pack.h"

namespace libbert {

template <typename T, bool tanh>
struct GeluBackwardKernel {
  using A = Accumulate<T>;
  static constexpr int warps = 8, threadsPerBlock = warps * warpSize;
  static constexpr int blocksAtOnce = sizeof(A) > 4 ? 3 : 4;
  static constexpr int columnsPerBlock = warpSize * packSize<T>;

  struct Arguments {
    const T *grad, *x;
    T* gradX;
    A* partials;  // [chunks, width]
    int64_t rows;
    int width;
  };

  struct Shared {
    A sums[warps][columnsPerBlock];
  };

  static LIBBERT_INLINE int64_t stripsOf(int width) {
    return (width + columnsPerBlock - 1) / columnsPerBlock;
  }

  /** Into how many chunks the rows are divided; whatever the GPU, so that all of them give the same bits. */
  static int64_t chunksOf(int64_t rows) {
    constexpr int64_t rowsPerWarp = 8, most = 64;
    return std::min((rows + warps * rowsPerWarp - 1) / (warps * rowsPerWarp), most);
  }

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    const int64_t strips = stripsOf(x.width), chunks = thread.blocks() / strips;
    const int64_t chunk = thread.block() / strips;
    const int firstColumn = static_cast<int>(thread.block() % strips) * columnsPerBlock;
    const int column = firstColumn + thread.lane() * packSize<T>;
    A totals[packSize<T>] = {};
    if (column < x.width) {
      for (int64_t row = chunk * warps + thread.warp(); row < x.rows; row += chunks * warps) {
        addPack(x, row * x.width + column, totals);
      }
    }
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) shared.sums[thread.warp()][thread.lane() * packSize<T> + k] = totals[k];
    thread.sync();
    for (int i = thread.index(); i < columnsPerBlock && firstColumn + i < x.width; i += threadsPerBlock) {
      A total = 0;
      LIBBERT_UNROLL
      for (int warp = 0; warp < warps; ++warp) total += shared.sums[warp][i];
      x.partials[chunk * x.width + firstColumn + i] = total;
    }
  }

  static LIBBERT_DEVICE void addPack(const Arguments& x, int64_t place, A (&totals)[packSize<T>]) {
    const Pack<T> grad = readPack(x.grad + place), input = readPack(x.x + place);
    Pack<T> gradX;
    LIBBERT_UNROLL
    for (int k = 0; k < packSize<T>; ++k) {
      const A in = load(input.values[k]);
      const A g = load(grad.values[k]) * (tanh ? geluTanhSlope(in) : geluSlope(in));
      totals[k] += g;
      store(gradX.values[k], g);
    }
    writePack(x.gradX + place, gradX);
  }
};

template <typename T>
using GeluErfBackwardKernel = GeluBackwardKernel<T, false>;

template <typename T>
using GeluTanhBackwardKernel = GeluBackwardKernel<T, true>;

}  // namespace libbert
