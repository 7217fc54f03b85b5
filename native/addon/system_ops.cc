#include <ATen/Parallel.h>

#include "op_table.h"
#include "profile.h"

namespace libbert {
namespace {

constexpr int64_t mostThreads = 1024;

}  // namespace

void addSystemOps(OpTable& ops) {
  ops.add("dispose(tensors)", [](const std::vector<HandleReference>& tensors) {
    for (const HandleReference& x : tensors) disposeTensor(x.value);
  });
  ops.add("isDisposed(x)", [](const HandleReference& x) { return isDisposed(x.value); });
  ops.add("liveTensors()", [] { return liveTensorCount(); });

  ops.add("getNumThreads()", [] { return static_cast<int64_t>(at::get_num_threads()); });
  ops.add("setNumThreads(count)", [](int64_t count) {
    // OpenMP ends the process when the system refuses it a thread.
    TORCH_CHECK(count >= 1 && count <= mostThreads, "Expected a number from 1 to ", mostThreads,
                " for count but received ", count);
    at::set_num_threads(static_cast<int>(count));
  });

  ops.add("startProfile(whole, withNumbers)",
          [](const std::vector<std::string>& whole, bool withNumbers) { startProfile(whole, withNumbers); });
  ops.add("endProfile()", [] { return endProfile(); });
}

}  // namespace libbert
