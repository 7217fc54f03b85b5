// Which of our own kernels run on this GPU.

#pragma once

namespace libbert {

enum class OwnKernel { dropMask, layerNorm, embeddings, dropout, gelu, crossEntropy, optimizer };

/** Whether the operator takes its own kernel; otherwise it is a composition of LibTorch's operators. */
bool isOn(OwnKernel kernel);

}  // namespace libbert
