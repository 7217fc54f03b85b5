#include "op_table.h"

namespace libbert {

void AddReductionOps(OpTable& ops) {
  // An empty list of dimensions reduces them all.
  ops.Add("sum(x, dims, keepDim)", [](const Tensor& x, const vector<int64_t>& dims, bool keep) { return at::sum(x, dims, keep); });
  ops.Add("mean(x, dims, keepDim)", [](const Tensor& x, const vector<int64_t>& dims, bool keep) { return at::mean(x, dims, keep); });
  ops.Add("amax(x, dims, keepDim)", [](const Tensor& x, const vector<int64_t>& dims, bool keep) { return at::amax(x, dims, keep); });
  ops.Add("amin(x, dims, keepDim)", [](const Tensor& x, const vector<int64_t>& dims, bool keep) { return at::amin(x, dims, keep); });
  ops.Add("argmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::argmax(x, dim); });
  ops.Add("norm(x)", [](const Tensor& x) { return at::linalg_vector_norm(x); });
  ops.Add("topk(x, k, dim)", [](const Tensor& x, int64_t k, int64_t dim) { return at::topk(x, k, dim); });
  ops.Add("allFinite(x)", [](const Tensor& x) { return at::isfinite(x).all().item<bool>(); });
  ops.Add("item(x)", [](const Tensor& x) { return x.item<double>(); });
}

}  // namespace libbert
