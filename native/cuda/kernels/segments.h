// A flat buffer's segments, in pieces, of which each block of a grid takes one.

#pragma once

#include "kernel.h"

namespace libbert {

/** Neighbouring elements of one segment; there may be none. */
struct Piece {
  int64_t segment, begin, count;
};

/** Segment s lies from offsets[s] to offsets[s + 1]; from 0 on they cover the buffer. */
struct Segments {
  /** Whatever the GPU, so that all of them give the same bits. */
  static constexpr int64_t pieceSize = 1 << 16;

  const int64_t* offsets;  // [count + 1], on the GPU
  int64_t count;

  /** As many as there can be pieces: the host does not know where segments lie. */
  static int64_t blocksFor(int64_t elements, int64_t count) {
    return elements / pieceSize + count;
  }

  /** Up to firstBlock(segment + 1) there are as many blocks as the segment has pieces, or one more. */
  LIBBERT_DEVICE int64_t firstBlock(int64_t segment) const {
    return offsets[segment] / pieceSize + segment;
  }

  LIBBERT_DEVICE int64_t piecesOf(int64_t segment) const {
    return (offsets[segment + 1] - offsets[segment] + pieceSize - 1) / pieceSize;
  }

  template <typename Thread>
  LIBBERT_DEVICE Piece pieceOf(const Thread& thread, int64_t elements) const {
    const int64_t segment = segmentOf(thread.block());
    const int64_t begin = offsets[segment] + (thread.block() - firstBlock(segment)) * pieceSize;
    const int64_t left = offsets[segment + 1] - begin;
    const int64_t count = left < 0 ? 0 : left < pieceSize ? left : pieceSize;
    thread.require(count == 0 || (begin >= 0 && begin + count <= elements));
    return {segment, begin, count};
  }

  /** The last one whose first block is no later. */
  LIBBERT_DEVICE int64_t segmentOf(int64_t block) const {
    int64_t segment = 0, end = count;
    while (end - segment > 1) {
      const int64_t middle = (segment + end) / 2;
      if (firstBlock(middle) <= block) {
        segment = middle;
      } else {
        end = middle;
      }
    }
    return segment;
  }
};

}  // namespace libbert
