// GELU (Hendrycks and Gimpel, 2016), by the kernel of whatever device x is on.

#pragma once

#include <ATen/core/Tensor.h>

namespace libbert {

/** @param tanh in tanh's approximation */
at::Tensor gelu(const at::Tensor& x, bool tanh);

}  // namespace libbert
