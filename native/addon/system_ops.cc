#include <ATen/Parallel.h>

#include "op_table.h"

namespace libbert {

void addSystemOps(OpTable& ops) {
  ops.add("dispose(x)", [](const HandleReference& x) { disposeTensor(x.value); });
  ops.add("liveTensors()", [] { return liveTensorCount(); });

  ops.add("getNumThreads()", [] { return static_cast<int64_t>(at::get_num_threads()); });
  ops.add("setNumThreads(count)", [](int64_t count) { at::set_num_threads(static_cast<int>(count)); });
}

}  // namespace libbert
