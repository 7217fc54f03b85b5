#include "op_table.h"
#include "upload.h"

namespace libbert {

void AddShapeOps(OpTable& ops) {
  // What a tensor is.
  ops.Add("shape(x)", [](const Tensor& x) { return x.sizes().vec(); });
  ops.Add("dtype(x)", [](const Tensor& x) { return x.scalar_type(); });
  ops.Add("device(x)", [](const Tensor& x) { return x.device(); });
  ops.Add("isContiguous(x)", [](const Tensor& x) { return x.is_contiguous(); });

  // Views.
  ops.Add("reshape(x, shape)", [](const Tensor& x, const vector<int64_t>& shape) { return at::reshape(x, shape); });
  ops.Add("transpose(x, dim0, dim1)", [](const Tensor& x, int64_t dim0, int64_t dim1) { return at::transpose(x, dim0, dim1); });
  ops.Add("permute(x, dims)", [](const Tensor& x, const vector<int64_t>& dims) { return at::permute(x, dims); });
  ops.Add("narrow(x, dim, start, length)",
          [](const Tensor& x, int64_t dim, int64_t start, int64_t length) { return at::narrow(x, dim, start, length); });
  ops.Add("select(x, dim, index)", [](const Tensor& x, int64_t dim, int64_t index) { return at::select(x, dim, index); });
  ops.Add("unsqueeze(x, dim)", [](const Tensor& x, int64_t dim) { return at::unsqueeze(x, dim); });
  ops.Add("squeeze(x, dim)", [](const Tensor& x, int64_t dim) { return at::squeeze(x, dim); });
  ops.Add("expand(x, shape)", [](const Tensor& x, const vector<int64_t>& shape) { return x.expand(shape); });

  // Copies.
  ops.Add("contiguous(x)", [](const Tensor& x) { return x.contiguous(); });
  ops.Add("clone(x)", [](const Tensor& x) { return x.clone(); });
  ops.Add("to(x, dtype, device)",
          [](const Tensor& x, at::ScalarType dtype, const at::Device& device) { return ToDevice(x, device, dtype); });
  ops.Add("cat(tensors, dim)", [](const vector<Tensor>& tensors, int64_t dim) { return at::cat(tensors, dim); });
  ops.Add("stack(tensors, dim)", [](const vector<Tensor>& tensors, int64_t dim) { return at::stack(tensors, dim); });
  ops.Add("indexSelect(x, dim, index)",
          [](const Tensor& x, int64_t dim, const Tensor& index) { return at::index_select(x, dim, index); });
  ops.Add("gather(x, dim, index)", [](const Tensor& x, int64_t dim, const Tensor& index) { return at::gather(x, dim, index); });
}

}  // namespace libbert
