// Random numbers. Each thread draws from a generator of its own: LibTorch's default one is shared by the whole process,
// where two threads that seed and draw at once would take numbers out of each other's sequence.

#include <ATen/CPUGeneratorImpl.h>

#include "op_table.h"

namespace libbert {
namespace {

at::Generator& ThreadGenerator() {
  thread_local at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(c10::detail::getNonDeterministicRandom());
  return generator;
}

}  // namespace

void AddRandomOps(OpTable& ops) {
  using Shape = vector<int64_t>;
  ops.Add("rand(shape, dtype, device)", [](const Shape& shape, at::ScalarType dtype, const at::Device& device) {
    return at::rand(shape, ThreadGenerator(), at::TensorOptions().dtype(dtype).device(device));
  });
  ops.Add("randn(shape, dtype, device)", [](const Shape& shape, at::ScalarType dtype, const at::Device& device) {
    return at::randn(shape, ThreadGenerator(), at::TensorOptions().dtype(dtype).device(device));
  });
  ops.Add("normal_(x, mean, std)", [](const Tensor& x, double mean, double std) { x.normal_(mean, std, ThreadGenerator()); });
  ops.Add("uniform_(x, from, to)", [](const Tensor& x, double from, double to) { x.uniform_(from, to, ThreadGenerator()); });

  ops.Add("manualSeed(seed)", [](int64_t seed) { ThreadGenerator().set_current_seed(static_cast<uint64_t>(seed)); });
  ops.Add("getRandomState()", [] { return ThreadGenerator().get_state(); });
  ops.Add("setRandomState(state)", [](const Tensor& state) { ThreadGenerator().set_state(state); });
}

}  // namespace libbert
