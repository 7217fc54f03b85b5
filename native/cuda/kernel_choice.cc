#include "kernel_choice.h"

#include <c10/util/Exception.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <vector>

namespace libbert {
namespace {

/** In the order of OwnKernels. */
const std::array<std::string, 11> kernelNames = {
    "bert_embeddings",   "sum_by_id", "dropout",        "dropout_mask", "dropout_add_layer_norm", "gelu",
    "cross_entropy_sum", "adamw",     "sum_of_squares", "segments",     "linear_gradients"};

/** One for the whole process, as LibTorch's own switches are. */
std::array<std::atomic<bool>, kernelNames.size()> taken;

std::vector<std::string> ownKernels() {
  return {kernelNames.begin(), kernelNames.end()};
}

void useOwnKernels(const std::vector<std::string>& wanted) {
  for (const std::string& name : wanted) {
    TORCH_CHECK(std::find(kernelNames.begin(), kernelNames.end(), name) != kernelNames.end(), "Expected ",
                c10::ArrayRef<std::string>(kernelNames), " for names but received ", name);
  }
  for (size_t i = 0; i < kernelNames.size(); ++i)
    taken[i] = std::find(wanted.begin(), wanted.end(), kernelNames[i]) != wanted.end();
}

}  // namespace

bool isTaken(OwnKernels kernels) {
  return taken[static_cast<size_t>(kernels)];
}

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("own_kernels", ownKernels);
  m.impl("use_own_kernels", useOwnKernels);
}

}  // namespace libbert
