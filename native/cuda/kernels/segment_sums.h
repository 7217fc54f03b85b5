// The squares of float32 numbers, summed in float64 for each segment of a flat buffer: first for each piece, and then
// for each segment the sums of its pieces, in a fixed order.

#pragma once

#include "segments.h"
#include "sum_of_squares.h"

namespace libbert {

struct PieceSumsKernel {
  static constexpr int warps = 8, threadsPerBlock = warps * warpSize, blocksAtOnce = 6;

  struct Arguments {
    const float* flat;
    Segments segments;
    double* sums;  // [blocks]
    int64_t elements;
  };

  struct Shared {
    double sums[warps];
  };

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    const Piece piece = x.segments.pieceOf(thread, x.elements);
    const double total = shareOfSquares<threadsPerBlock>(thread, x.flat + piece.begin, piece.count);
    const double ofBlock = sumOfBlock(thread, shared.sums, total);
    if (thread.index() == 0) x.sums[thread.block()] = ofBlock;
  }
};

/** A block for each segment. */
struct SegmentSumsKernel {
  static constexpr int warps = 4, threadsPerBlock = warps * warpSize, blocksAtOnce = 4;

  struct Arguments {
    const double* pieceSums;
    Segments segments;
    double* sums;  // [segments]
  };

  struct Shared {
    double sums[warps];
  };

  template <typename Thread>
  static LIBBERT_DEVICE void run(const Thread& thread, const Arguments& x, Shared& shared) {
    const double* ofPieces = x.pieceSums + x.segments.firstBlock(thread.block());
    const int64_t pieces = x.segments.piecesOf(thread.block());
    double total = 0;
    for (int64_t i = thread.index(); i < pieces; i += threadsPerBlock) total += ofPieces[i];
    const double ofBlock = sumOfBlock(thread, shared.sums, total);
    if (thread.index() == 0) x.sums[thread.block()] = ofBlock;
  }
};

}  // namespace libbert
