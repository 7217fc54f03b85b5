#include "op_table.h"
#include "upload.h"

namespace libbert {
namespace {

at::TensorOptions Options(at::ScalarType dtype, const at::Device& device) {
  return at::TensorOptions().dtype(dtype).device(device);
}

int64_t ElementCount(const vector<int64_t>& shape) {
  int64_t count = 1;
  for (int64_t size : shape) count *= size;
  return count;
}

// A tensor over a copy of the bytes: JavaScript may reuse its memory at once.
Tensor FromBytes(const Bytes& bytes, const vector<int64_t>& shape, at::ScalarType dtype, const at::Device& device) {
  const auto needed = static_cast<size_t>(ElementCount(shape)) * c10::elementSize(dtype);
  TORCH_CHECK(bytes.size == needed, "Expected ", needed, " bytes for shape ", at::IntArrayRef(shape), " of ", DTypeName(dtype),
              " but received ", bytes.size);
  if (needed == 0) return at::empty(shape, Options(dtype, device));
  const Tensor borrowed = at::from_blob(bytes.data, shape, at::TensorOptions().dtype(dtype));
  return device.is_cpu() ? borrowed.clone() : ToDevice(borrowed, device, dtype);
}

}  // namespace

void AddCreationOps(OpTable& ops) {
  using Shape = vector<int64_t>;
  using DType = at::ScalarType;
  using Device = at::Device;
  ops.Add("empty(shape, dtype, device)", [](const Shape& s, DType t, const Device& d) { return at::empty(s, Options(t, d)); });
  ops.Add("zeros(shape, dtype, device)", [](const Shape& s, DType t, const Device& d) { return at::zeros(s, Options(t, d)); });
  ops.Add("full(shape, value, dtype, device)",
          [](const Shape& s, double value, DType t, const Device& d) { return at::full(s, value, Options(t, d)); });
  ops.Add("arange(start, end, step, dtype, device)", [](double start, double end, double step, DType t, const Device& d) {
    return at::arange(start, end, step, Options(t, d));
  });
  ops.Add("fromBytes(bytes, shape, dtype, device)", FromBytes);
  ops.Add("toBytes(x)", [](const Tensor& x) { return Elements{x}; });
  ops.Add("copyBytes_(x, bytes)", [](const Tensor& x, const Bytes& bytes) {
    x.detach().copy_(FromBytes(bytes, x.sizes().vec(), x.scalar_type(), at::kCPU));
  });
}

}  // namespace libbert
