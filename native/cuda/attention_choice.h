// Which implementation of varlen_attention runs a call on a GPU. Nothing here needs one.

#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string_view>

namespace libbert {

enum class AttentionBackend { flash, denseCudnn, varlenCudnn, efficient, composition };

/** What the choice looks at. */
struct AttentionKind {
  at::ScalarType type;
  int64_t tokens, sequences, maxSeqlen, headSize;
  double p;
  /** Whether the same call has to give the same bits again. */
  bool isDeterministic;
  /** The first number of the GPU's compute capability. */
  int64_t capability;
};

/**
 * The backend of a call, and of its backward pass.
 *
 * @param forced "flash", "cudnn" or "composition" where that is to be taken for every call that it supports; else empty
 */
AttentionBackend chooseBackend(const AttentionKind& kind, std::string_view forced);

}  // namespace libbert
