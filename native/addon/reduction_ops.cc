#include "op_table.h"

namespace libbert {

using at::Tensor;

namespace {

using Dims = std::vector<int64_t>;

/** An empty list of dimensions reduces them all. */
at::OptionalIntArrayRef orAll(const Dims& dims) {
  return dims.empty() ? at::OptionalIntArrayRef() : at::OptionalIntArrayRef(dims);
}

Tensor logSumExp(const Tensor& x, const Dims& dims, bool keep) {
  if (!dims.empty()) return at::logsumexp(x, dims, keep);
  const Tensor all = at::logsumexp(x.flatten(), 0);
  return keep ? all.reshape(Dims(x.dim(), 1)) : all;
}

}  // namespace

void addReductionOps(OpTable& ops) {
  ops.add("sum(x, dims, keepDim)", [](const Tensor& x, const Dims& dims, bool keep) { return at::sum(x, dims, keep); });
  ops.add("mean(x, dims, keepDim)",
          [](const Tensor& x, const Dims& dims, bool keep) { return at::mean(x, dims, keep); });
  ops.add("std(x, dims, correction, keepDim)", [](const Tensor& x, const Dims& dims, double correction, bool keep) {
    return at::std(x, orAll(dims), correction, keep);
  });
  ops.add("norm(x, p, dims, keepDim)", [](const Tensor& x, double p, const Dims& dims, bool keep) {
    return at::linalg_vector_norm(x, p, orAll(dims), keep);
  });
  ops.add("logSumExp(x, dims, keepDim)", logSumExp);
  ops.add("any(x, dims, keepDim)",
          [](const Tensor& x, const Dims& dims, bool keep) { return at::any(x, orAll(dims), keep); });
  ops.add("all(x, dims, keepDim)",
          [](const Tensor& x, const Dims& dims, bool keep) { return at::all(x, orAll(dims), keep); });
  ops.add("amax(x, dims, keepDim)",
          [](const Tensor& x, const Dims& dims, bool keep) { return at::amax(x, dims, keep); });
  ops.add("amin(x, dims, keepDim)",
          [](const Tensor& x, const Dims& dims, bool keep) { return at::amin(x, dims, keep); });
  ops.add("max(x, dim, keepDim)", [](const Tensor& x, int64_t dim, bool keep) { return at::max(x, dim, keep); });
  ops.add("min(x, dim, keepDim)", [](const Tensor& x, int64_t dim, bool keep) { return at::min(x, dim, keep); });
  ops.add("argmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::argmax(x, dim); });
  ops.add("argmin(x, dim)", [](const Tensor& x, int64_t dim) { return at::argmin(x, dim); });
  ops.add("topk(x, k, dim)", [](const Tensor& x, int64_t k, int64_t dim) { return at::topk(x, k, dim); });
  ops.add("sort(x, dim, descending)",
          [](const Tensor& x, int64_t dim, bool descending) { return at::sort(x, /*stable=*/true, dim, descending); });
  ops.add("cumsum(x, dim)", [](const Tensor& x, int64_t dim) { return at::cumsum(x, dim); });
  ops.add("item(x)", [](const Tensor& x) { return x.item<double>(); });
}

}  // namespace libbert
