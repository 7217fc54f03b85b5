#include "../ops/upload.h"
#include "capture.h"
#include "op_table.h"

namespace libbert {

using at::Tensor;

void addShapeOps(OpTable& ops) {
  // What a tensor is.
  ops.add("shape(x)", [](const Tensor& x) { return x.sizes().vec(); });
  ops.add("dtype(x)", [](const Tensor& x) { return x.scalar_type(); });
  ops.add("device(x)", [](const Tensor& x) { return x.device(); });

  // Views.
  ops.add("reshape(x, shape)",
          [](const Tensor& x, const std::vector<int64_t>& shape) { return at::reshape(x, shape); });
  ops.add("transpose(x, dim0, dim1)",
          [](const Tensor& x, int64_t dim0, int64_t dim1) { return at::transpose(x, dim0, dim1); });
  ops.add("permute(x, dims)", [](const Tensor& x, const std::vector<int64_t>& dims) { return at::permute(x, dims); });
  ops.add("narrow(x, dim, start, length)", [](const Tensor& x, int64_t dim, int64_t start, int64_t length) {
    return at::narrow(x, dim, start, length);
  });
  ops.add("select(x, dim, index)",
          [](const Tensor& x, int64_t dim, int64_t index) { return at::select(x, dim, index); });
  ops.add("unsqueeze(x, dim)", [](const Tensor& x, int64_t dim) { return at::unsqueeze(x, dim); });
  ops.add("squeeze(x, dim)", [](const Tensor& x, int64_t dim) { return at::squeeze(x, dim); });
  ops.add("expand(x, shape)", [](const Tensor& x, const std::vector<int64_t>& shape) { return x.expand(shape); });

  ops.add("flatten(x, startDim, endDim)",
          [](const Tensor& x, int64_t start, int64_t end) { return at::flatten(x, start, end); });
  ops.add("split(x, sizes, dim)", [](const Tensor& x, const std::vector<int64_t>& sizes, int64_t dim) {
    return at::split_with_sizes(x, sizes, dim);
  });
  ops.add("chunk(x, chunks, dim)",
          [](const Tensor& x, int64_t chunks, int64_t dim) { return at::chunk(x, chunks, dim); });

  // Copies.
  ops.add("contiguous(x)", [](const Tensor& x) { return x.contiguous(); });
  ops.add("clone(x)", [](const Tensor& x) { return x.clone(); });
  ops.add("to(x, dtype, device)",
          [](const Tensor& x, at::ScalarType dtype, const at::Device& device) {
            if (x.is_cpu() && !device.is_cpu()) refuseWhileCapturing();
            return toDevice(x, device, dtype);
          });
  ops.add("cat(tensors, dim)", [](const std::vector<Tensor>& tensors, int64_t dim) { return at::cat(tensors, dim); });
  ops.add("stack(tensors, dim)",
          [](const std::vector<Tensor>& tensors, int64_t dim) { return at::stack(tensors, dim); });
  ops.add("indexSelect(x, dim, index)",
          [](const Tensor& x, int64_t dim, const Tensor& index) { return at::index_select(x, dim, index); });
  ops.add("gather(x, dim, index)",
          [](const Tensor& x, int64_t dim, const Tensor& index) { return at::gather(x, dim, index); });
  ops.add("indexAdd(x, dim, index, source)", [](const Tensor& x, int64_t dim, const Tensor& index,
                                                const Tensor& source) { return at::index_add(x, dim, index, source); });
  ops.add("scatterAdd(x, dim, index, source)",
          [](const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source) {
            return at::scatter_add(x, dim, index, source);
          });
  ops.add("oneHot(x, classes)", [](const Tensor& x, int64_t classes) { return at::one_hot(x, classes); });
}

}  // namespace libbert
