// The product by which a linear layer on a GPU gets both of its gradients. test/native has one for the CPU.

#pragma once

#include <ATen/core/Tensor.h>

namespace libbert {

/** Matrices row by row without gaps, float32 or bfloat16, with rows of whole packs that begin where a pack may. */
struct GradientProduct {
  at::Tensor grad;            // [T, O]
  at::Tensor input;           // [T, I]
  at::Tensor weightGradient;  // [O, I]; grad^T input is added to it
  at::Tensor biasGradient;    // [O]; becomes the sum of grad's rows
};

/** On the current stream of the current GPU. @return false where no kernel serves; then nothing is written */
bool runGradientProduct(const GradientProduct& product);

}  // namespace libbert
