// The switch for kernels that no GPU has run yet: LIBBERT_CUDA_KERNELS=1 turns them on. Without it every operator is a
// composition of LibTorch's own.

#include "kernel_choice.h"

#include <cstdlib>
#include <string_view>

namespace libbert {

bool isOn(OwnKernel) {
  static const bool wanted = [] {
    const char* value = std::getenv("LIBBERT_CUDA_KERNELS");
    return value != nullptr && std::string_view(value) == "1";
  }();
  return wanted;
}

}  // namespace libbert
