// Which implementation of varlen_attention serves a call on a GPU.

#pragma once

#include "fused_attention.h"

namespace libbert {

enum class AttentionWay { flash, cudnn, composition };

/**
 * LIBBERT_CUDA_ATTENTION = flash | cudnn | composition forces one, where a fused kernel can serve the call at all.
 * Otherwise both kernels are timed on the first call of a kind, forward and backward, and the faster is remembered.
 * A call's backward pass gets the answer of its forward pass.
 */
AttentionWay attentionWay(const PackedAttention& call);

}  // namespace libbert
