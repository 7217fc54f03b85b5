#include "op_table.h"
#include "upload.h"

namespace libbert {
namespace {

using at::Tensor;

at::TensorOptions optionsOf(at::ScalarType dtype, const at::Device& device) {
  return at::TensorOptions().dtype(dtype).device(device);
}

int64_t elementCount(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (int64_t size : shape) count *= size;
  return count;
}

/** A tensor over a copy of the bytes: JavaScript may reuse its memory at once. */
Tensor fromBytes(const Bytes& bytes, const std::vector<int64_t>& shape, at::ScalarType dtype,
                 const at::Device& device) {
  const auto needed = static_cast<size_t>(elementCount(shape)) * c10::elementSize(dtype);
  TORCH_CHECK(bytes.size == needed, "Expected ", needed, " bytes for shape ", at::IntArrayRef(shape), " of ",
              dtypeName(dtype), " but received ", bytes.size);
  if (needed == 0) return at::empty(shape, optionsOf(dtype, device));
  const Tensor borrowed = at::from_blob(bytes.data, shape, at::TensorOptions().dtype(dtype));
  return device.is_cpu() ? borrowed.clone() : toDevice(borrowed, device, dtype);
}

}  // namespace

void addCreationOps(OpTable& ops) {
  using Shape = std::vector<int64_t>;
  using DType = at::ScalarType;
  using Device = at::Device;
  ops.add("empty(shape, dtype, device)",
          [](const Shape& s, DType t, const Device& d) { return at::empty(s, optionsOf(t, d)); });
  ops.add("zeros(shape, dtype, device)",
          [](const Shape& s, DType t, const Device& d) { return at::zeros(s, optionsOf(t, d)); });
  ops.add("full(shape, value, dtype, device)",
          [](const Shape& s, double value, DType t, const Device& d) { return at::full(s, value, optionsOf(t, d)); });
  ops.add("arange(start, end, step, dtype, device)",
          [](double start, double end, double step, DType t, const Device& d) {
            return at::arange(start, end, step, optionsOf(t, d));
          });
  ops.add("fromBytes(bytes, shape, dtype, device)", fromBytes);
  ops.add("toBytes(x)", [](const Tensor& x) { return Elements{x}; });
}

}  // namespace libbert
