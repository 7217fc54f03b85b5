// Which implementation of varlen_attention runs a call on a GPU.

#pragma once

#include "fused_attention.h"

namespace libbert {

enum class AttentionBackend { flash, cudnn, composition };

/**
 * LIBBERT_CUDA_ATTENTION = flash | cudnn | composition forces one, where a fused kernel supports the call at all.
 * Otherwise both kernels are timed on the first call of a kind, forward and backward, and the faster is remembered.
 * A call's backward pass gets the backend of its forward pass.
 */
AttentionBackend chooseBackend(const PackedAttention& call);

}  // namespace libbert
