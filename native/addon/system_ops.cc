#include <ATen/Parallel.h>

#include "op_table.h"

namespace libbert {

void AddSystemOps(OpTable& ops) {
  ops.Add("dispose(x)", [](const HandleReference& x) { DisposeTensor(x.value); });
  ops.Add("liveTensors()", [] { return LiveTensorCount(); });

  ops.Add("getNumThreads()", [] { return static_cast<int64_t>(at::get_num_threads()); });
  ops.Add("setNumThreads(count)", [](int64_t count) { at::set_num_threads(static_cast<int>(count)); });
}

}  // namespace libbert
