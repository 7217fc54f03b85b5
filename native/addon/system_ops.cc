#include <ATen/Parallel.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "op_table.h"

namespace libbert {

void AddSystemOps(OpTable& ops) {
  ops.Add("dispose(x)", [](const HandleReference& x) { DisposeTensor(x.value); });
  ops.Add("liveTensors()", [] { return LiveTensorCount(); });

  ops.Add("manualSeed(seed)", [](int64_t seed) { at::manual_seed(static_cast<uint64_t>(seed)); });
  ops.Add("getRandomState()", [] {
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    return generator.get_state();
  });
  ops.Add("setRandomState(state)", [](const Tensor& state) {
    at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
    generator.set_state(state);
  });

  ops.Add("getNumThreads()", [] { return static_cast<int64_t>(at::get_num_threads()); });
  ops.Add("setNumThreads(count)", [](int64_t count) { at::set_num_threads(static_cast<int>(count)); });
}

}  // namespace libbert
