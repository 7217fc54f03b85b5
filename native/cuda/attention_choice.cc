#include "attention_choice.h"

#include <c10/util/Exception.h>

#include <cmath>

namespace libbert {
namespace {

/** FlashAttention needs Ampere or newer, 16-bit elements, and head sizes that fill vectors of 16 bytes. */
bool canFlash(const AttentionKind& kind) {
  const bool is16Bit = kind.type == at::kHalf || kind.type == at::kBFloat16;
  return is16Bit && kind.headSize % 8 == 0 && kind.headSize <= 256 && kind.capability >= 8;
}

/** cuDNN rounds probabilities of dropout to sixteenths (PyTorch's pull request 174245). */
bool canCudnn(const AttentionKind& kind) {
  const double sixteenths = 16 * kind.p;
  return canFlash(kind) && kind.headSize <= 128 && sixteenths == std::floor(sixteenths) && !kind.isDeterministic;
}

/**
 * The memory-efficient kernels, which read float32 by 16 bytes. Of packed sequences they drop other weights in the
 * backward pass than in the forward pass: there they count random numbers as if sequences had no keys (PyTorch's issue
 * 115590).
 */
bool canBeEfficient(const AttentionKind& kind) {
  return kind.type == at::kFloat && kind.headSize % 4 == 0 && kind.p == 0;
}

/** No sequence is longer than maxSeqlen, so they are all equally long if their lengths add up to this. */
bool hasEqualLengths(const AttentionKind& kind) {
  return kind.sequences * kind.maxSeqlen == kind.tokens;
}

/**
 * Where cuDNN's dense attention is taken unasked: on Hopper and Blackwell, as LibTorch prefers it there, and for shapes
 * that come again, since compiling one takes tens of milliseconds. Of lengths that are no multiple of 128, some have
 * had gradients of NaN (PyTorch's issue 196678).
 */
bool prefersDenseCudnn(const AttentionKind& kind) {
  const bool isHopperOrBlackwell = kind.capability == 9 || kind.capability == 10;
  return canCudnn(kind) && isHopperOrBlackwell && hasEqualLengths(kind) && kind.sequences > 1 &&
         kind.maxSeqlen % 128 == 0;
}

}  // namespace

AttentionBackend chooseBackend(const AttentionKind& kind, std::string_view forced) {
  TORCH_CHECK(forced.empty() || forced == "flash" || forced == "cudnn" || forced == "composition",
              "Expected flash, cudnn or composition for LIBBERT_CUDA_ATTENTION but received ", forced);
  TORCH_CHECK(forced != "cudnn" || !kind.isDeterministic,
              "Expected flash or composition for LIBBERT_CUDA_ATTENTION in a deterministic run but received cudnn");
  if (forced == "composition" || kind.tokens == 0) return AttentionBackend::composition;
  if (kind.p == 1) return AttentionBackend::composition;  // fused kernels divide by 1 - p
  if (forced == "cudnn" && canCudnn(kind))
    return hasEqualLengths(kind) ? AttentionBackend::denseCudnn : AttentionBackend::varlenCudnn;
  if (forced.empty() && prefersDenseCudnn(kind)) return AttentionBackend::denseCudnn;
  if (canFlash(kind)) return AttentionBackend::flash;
  if (canBeEfficient(kind)) return AttentionBackend::efficient;
  return AttentionBackend::composition;
}

}  // namespace libbert
