#include <c10/util/safe_numerics.h>

#include "../ops/upload.h"
#include "capture.h"
#include "op_table.h"

namespace libbert {
namespace {

using at::Tensor;

at::TensorOptions optionsOf(at::ScalarType dtype, const at::Device& device) {
  return at::TensorOptions().dtype(dtype).device(device);
}

/** Bytes of the elements of a shape; none where they are more than can be counted. */
std::optional<size_t> bytesOf(const std::vector<int64_t>& shape, at::ScalarType dtype) {
  uint64_t bytes = c10::elementSize(dtype);
  for (const int64_t size : shape) {
    if (size < 0 || c10::mul_overflows(bytes, static_cast<uint64_t>(size), &bytes)) return std::nullopt;
  }
  return bytes;
}

/** A tensor over JavaScript's own memory: for as long as the op runs. */
Tensor borrow(const Bytes& bytes, const std::vector<int64_t>& shape, at::ScalarType dtype) {
  const auto needed = bytesOf(shape, dtype);
  TORCH_CHECK(needed, "Expected sizes of a tensor for shape but received ", at::IntArrayRef(shape));
  const std::span<uint8_t> memory = bytes.memory();
  TORCH_CHECK(memory.size() == *needed, "Expected ", *needed, " bytes for shape ", at::IntArrayRef(shape), " of ",
              dtypeName(dtype), " but received ", memory.size());
  const auto options = at::TensorOptions().dtype(dtype);
  return memory.empty() ? at::empty(shape, options) : at::from_blob(memory.data(), shape, options);
}

/** A tensor over a copy of the bytes: JavaScript may reuse its memory at once. */
Tensor fromBytes(const Bytes& bytes, const std::vector<int64_t>& shape, at::ScalarType dtype,
                 const at::Device& device) {
  const Tensor borrowed = borrow(bytes, shape, dtype);
  if (device.is_cpu()) return borrowed.clone();
  refuseWhileCapturing();
  return toDevice(borrowed, device, dtype);
}

/** What was in `x` is replaced. A GPU is not waited for. */
void copyBytes(const Tensor& x, const Bytes& bytes, at::ScalarType dtype) {
  const Tensor borrowed = borrow(bytes, x.sizes().vec(), dtype);
  const bool isUpload = x.is_cuda() && x.numel() > 0;
  if (isUpload) refuseWhileCapturing();
  x.copy_(isUpload ? borrowed.pin_memory() : borrowed, /*non_blocking=*/isUpload);
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
  ops.add("copyBytes_(x, bytes, dtype)", copyBytes);
  ops.add("toBytes(x)", [](const Tensor& x) { return Elements{x}; });
}

}  // namespace libbert
