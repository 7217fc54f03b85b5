// For tests alone: the product of gradient_product.h on the CPU, with an emulator in place of the GPU. What cuBLASLt is
// asked for on a GPU, test/native/cublas_lt checks.

#include "../../native/cuda/gradient_product.h"

#include <algorithm>
#include <vector>

#include "../../native/ops/element.h"
#include "emulator/block.h"

namespace libbert {
namespace {

template <typename T>
void run(const GradientProduct& product) {
  const int64_t tokens = product.grad.size(0), outputs = product.grad.size(1), inputs = product.input.size(1);
  const T *grad = product.grad.const_data_ptr<T>(), *input = product.input.const_data_ptr<T>();
  T* weightGradient = product.weightGradient.mutable_data_ptr<T>();
  T* biasGradient = product.biasGradient.mutable_data_ptr<T>();
  std::vector<float> row(inputs);
  for (int64_t o = 0; o < outputs; ++o) {
    float sum = 0;
    std::fill(row.begin(), row.end(), 0.f);
    for (int64_t t = 0; t < tokens; ++t) {
      const float g = load(grad[t * outputs + o]);
      sum += g;
      for (int64_t i = 0; i < inputs; ++i) row[i] += g * load(input[t * inputs + i]);
    }
    store(biasGradient[o], sum);
    for (int64_t i = 0; i < inputs; ++i) {
      T& added = weightGradient[o * inputs + i];
      store(added, load(added) + row[i]);
    }
  }
}

}  // namespace

bool runGradientProduct(const GradientProduct& product) {
  if (emulator::onLaunch != nullptr) emulator::onLaunch();
  if (product.input.scalar_type() == at::kFloat) {
    run<float>(product);
  } else {
    run<at::BFloat16>(product);
  }
  return true;
}

}  // namespace libbert
