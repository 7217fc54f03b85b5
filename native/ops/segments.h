// Segments of a flat buffer: segment s lies from offsets[s] to offsets[s + 1], and from 0 on they cover it.

#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <vector>

#include "arguments.h"

namespace libbert {

inline void checkSegments(const at::Tensor& flat, const char* name, const at::Tensor& offsets) {
  checkBuffer(flat, name, flat.numel(), false);
  TORCH_CHECK(offsets.dim() == 1 && offsets.size(0) > 1 && offsets.is_contiguous() &&
                  offsets.scalar_type() == at::kLong && offsets.device() == flat.device(),
              "Expected a contiguous int64 vector [S + 1] on ", flat.device(), " for offsets but received ",
              offsets.scalar_type(), " ", offsets.sizes(), " on ", offsets.device());
}

inline void checkScaledSegments(const at::Tensor& x, const at::Tensor& y, const at::Tensor& offsets,
                                const at::Tensor& factors) {
  checkSegments(x, "x", offsets);
  checkBuffer(y, "y", x.numel(), false);
  const int64_t segments = offsets.size(0) - 1;
  TORCH_CHECK(factors.dim() == 1 && factors.size(0) == segments && factors.is_contiguous() &&
                  factors.scalar_type() == at::kDouble,
              "Expected a contiguous vector [", segments, "] of float64 for factors but received ",
              factors.scalar_type(), " ", factors.sizes());
}

/** Neighbouring elements of one segment. */
struct FlatPiece {
  int64_t segment, begin, count;
};

/** All segments of a buffer on the CPU, in pieces of at most so many elements. */
inline std::vector<FlatPiece> piecesOf(const at::Tensor& offsets, int64_t elements, int64_t pieceSize) {
  const int64_t* begins = offsets.const_data_ptr<int64_t>();
  const int64_t segments = offsets.size(0) - 1;
  TORCH_CHECK(begins[0] == 0 && begins[segments] == elements && std::is_sorted(begins, begins + segments + 1),
              "Expected offsets that rise from 0 to ", elements, " for offsets but received ", begins[0], " to ",
              begins[segments], ", or some that fall");
  std::vector<FlatPiece> pieces;
  for (int64_t segment = 0; segment < segments; ++segment) {
    const int64_t end = begins[segment + 1];
    for (int64_t begin = begins[segment]; begin < end; begin += pieceSize)
      pieces.push_back({segment, begin, std::min(pieceSize, end - begin)});
  }
  return pieces;
}

}  // namespace libbert
