// The switch for kernels that no GPU has run yet: LIBBERT_CUDA_KERNELS=1 turns them on. Without it every operator is a
// composition of LibTorch's own.

#include "kernel_choice.h"

#include <c10/util/Exception.h>

#include <cstdlib>
#include <string_view>

namespace libbert {

bool ownKernelsAreOn() {
  static const bool wanted = [] {
    const char* value = std::getenv("LIBBERT_CUDA_KERNELS");
    const std::string_view text = value == nullptr ? "0" : value;
    TORCH_CHECK(text == "0" || text == "1", "Expected 0 or 1 for the variable LIBBERT_CUDA_KERNELS but received '", text,
                "'");
    return text == "1";
  }();
  return wanted;
}

}  // namespace libbert
