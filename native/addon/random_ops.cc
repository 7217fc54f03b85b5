// Random numbers. Each thread draws from a generator of its own: LibTorch's default one is shared by the whole process,
// where two threads that seed and draw at once would take numbers out of each other's sequence.

#include <ATen/CPUGeneratorImpl.h>

#include "op_table.h"

namespace libbert {
namespace {

using at::Tensor;

at::Generator& threadGenerator() {
  thread_local at::Generator generator =
      at::make_generator<at::CPUGeneratorImpl>(c10::detail::getNonDeterministicRandom());
  return generator;
}

}  // namespace

void addRandomOps(OpTable& ops) {
  using Shape = std::vector<int64_t>;
  ops.add("rand(shape, dtype, device)", [](const Shape& shape, at::ScalarType dtype, const at::Device& device) {
    return at::rand(shape, threadGenerator(), at::TensorOptions().dtype(dtype).device(device));
  });
  ops.add("randn(shape, dtype, device)", [](const Shape& shape, at::ScalarType dtype, const at::Device& device) {
    return at::randn(shape, threadGenerator(), at::TensorOptions().dtype(dtype).device(device));
  });
  ops.add("normal_(x, mean, std)",
          [](const Tensor& x, double mean, double std) { x.normal_(mean, std, threadGenerator()); });
  ops.add("uniform_(x, from, to)",
          [](const Tensor& x, double from, double to) { x.uniform_(from, to, threadGenerator()); });

  ops.add("manualSeed(seed)", [](int64_t seed) { threadGenerator().set_current_seed(static_cast<uint64_t>(seed)); });
}

}  // namespace libbert
