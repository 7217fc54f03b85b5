// Random numbers. Each thread draws from generators of its own: LibTorch's default ones are shared by the whole
// process, where two threads that seed and draw at once would take numbers out of each other's sequence.

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/DeviceAccelerator.h>

#include <map>
#include <utility>

#include "generator_handle.h"
#include "op_table.h"

namespace libbert {
namespace {

using at::Tensor;

at::Generator newGenerator(const at::Device& device) {
  if (device.is_cpu()) return at::make_generator<at::CPUGeneratorImpl>();
  return at::globalContext().getAcceleratorHooksInterface(device.type()).getNewGenerator(device.index());
}

/** The generators of a thread, one for each device that it drew on, all with one seed. */
class Generators {
 public:
  at::Generator& on(at::Device device) {
    if (!device.is_cpu() && !device.has_index()) device.set_index(at::accelerator::getDeviceIndex());
    const std::pair key(device.type(), device.index());
    const auto found = generators_.find(key);
    if (found != generators_.end()) return found->second;
    at::Generator generator = newGenerator(device);  // throws where there is no such device
    generator.set_current_seed(seed_);
    return generators_.emplace(key, std::move(generator)).first->second;
  }

  void seed(uint64_t seed) {
    seed_ = seed;
    for (auto& [device, generator] : generators_) generator.set_current_seed(seed);
  }

 private:
  uint64_t seed_ = c10::detail::getNonDeterministicRandom();
  std::map<std::pair<at::DeviceType, at::DeviceIndex>, at::Generator> generators_;
};

thread_local Generators generators;

}  // namespace

void addRandomOps(OpTable& ops) {
  using Shape = std::vector<int64_t>;
  ops.add("rand(shape, dtype, device)", [](const Shape& shape, at::ScalarType dtype, const at::Device& device) {
    return at::rand(shape, generators.on(device), at::TensorOptions().dtype(dtype).device(device));
  });
  ops.add("randn(shape, dtype, device)", [](const Shape& shape, at::ScalarType dtype, const at::Device& device) {
    return at::randn(shape, generators.on(device), at::TensorOptions().dtype(dtype).device(device));
  });
  ops.add("normal_(x, mean, std)",
          [](const Tensor& x, double mean, double std) { x.normal_(mean, std, generators.on(x.device())); });
  ops.add("uniform_(x, from, to)",
          [](const Tensor& x, double from, double to) { x.uniform_(from, to, generators.on(x.device())); });

  // Generators that are handed to an operator, each with a seed of its own.
  using Generator = std::shared_ptr<at::Generator>;
  ops.add("newGenerator(device)",
          [](const at::Device& device) { return std::make_shared<at::Generator>(newGenerator(device)); });
  ops.add("seedGenerator(generator, high, low)", [](const Generator& generator, int64_t high, int64_t low) {
    generator->set_current_seed(static_cast<uint64_t>(high) << 32 | static_cast<uint32_t>(low));  // begins at offset 0
  });
  ops.add("generatorOffset(generator)",
          [](const Generator& generator) { return static_cast<int64_t>(generator->get_offset()); });
  ops.add("setGeneratorOffset(generator, offset)",
          [](const Generator& generator, int64_t offset) { generator->set_offset(static_cast<uint64_t>(offset)); });

  ops.add("manualSeed(seed)", [](int64_t seed) { generators.seed(static_cast<uint64_t>(seed)); });
}

}  // namespace libbert
