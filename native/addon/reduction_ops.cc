#include "op_table.h"

namespace libbert {

using at::Tensor;

void addReductionOps(OpTable& ops) {
  // An empty list of dimensions reduces them all.
  ops.add("sum(x, dims, keepDim)",
          [](const Tensor& x, const std::vector<int64_t>& dims, bool keep) { return at::sum(x, dims, keep); });
  ops.add("mean(x, dims, keepDim)",
          [](const Tensor& x, const std::vector<int64_t>& dims, bool keep) { return at::mean(x, dims, keep); });
  ops.add("amax(x, dims, keepDim)",
          [](const Tensor& x, const std::vector<int64_t>& dims, bool keep) { return at::amax(x, dims, keep); });
  ops.add("argmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::argmax(x, dim); });
  ops.add("norm(x)", [](const Tensor& x) { return at::linalg_vector_norm(x); });
  ops.add("topk(x, k, dim)", [](const Tensor& x, int64_t k, int64_t dim) { return at::topk(x, k, dim); });
  ops.add("item(x)", [](const Tensor& x) { return x.item<double>(); });
}

}  // namespace libbert
