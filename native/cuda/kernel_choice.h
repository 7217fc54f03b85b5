// Which operators take our own kernels on a GPU. None does at first: lib/tensor/own-kernels tries them on the GPU at
// hand, in a process of its own, and names those that it found right.

#pragma once

namespace libbert {

/** An operator that has kernels of its own, or what several have in common. */
enum class OwnKernels {
  bertEmbeddings,
  sumById,
  dropout,
  dropoutMask,
  dropoutAddLayerNorm,
  gelu,
  crossEntropySum,
  adamW,
  sumOfSquares,
  segments,
  linearGradients
};

/** Whether an operator takes its own kernels; otherwise it is a composition of LibTorch's operators. */
bool isTaken(OwnKernels kernels);

}  // namespace libbert
