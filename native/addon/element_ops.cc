#include "op_table.h"

namespace libbert {

using at::Tensor;

namespace {

/** A number becomes an operand on the GPU itself: LibTorch would copy it there, and wait. */
Tensor onDeviceOf(const Tensor& condition, const Operand& x) {
  const bool isNumber = x.tensor.unsafeGetTensorImpl()->is_wrapped_number();
  if (!isNumber || condition.is_cpu()) return x.tensor;
  Tensor number = at::scalar_tensor(x.tensor.item(), condition.options().dtype(x.tensor.scalar_type()));
  number.unsafeGetTensorImpl()->set_wrapped_number(true);
  return number;
}

}  // namespace

void addElementOps(OpTable& ops) {
  // Arithmetic: the second operand may be a number.
  ops.add("add(x, y)", [](const Tensor& x, const Operand& y) { return at::add(x, y.tensor); });
  ops.add("sub(x, y)", [](const Tensor& x, const Operand& y) { return at::sub(x, y.tensor); });
  ops.add("mul(x, y)", [](const Tensor& x, const Operand& y) { return at::mul(x, y.tensor); });
  ops.add("div(x, y)", [](const Tensor& x, const Operand& y) { return at::div(x, y.tensor); });
  ops.add("pow(x, y)", [](const Tensor& x, const Operand& y) { return at::pow(x, y.tensor); });
  ops.add("neg(x)", [](const Tensor& x) { return at::neg(x); });
  ops.add("abs(x)", [](const Tensor& x) { return at::abs(x); });
  ops.add("exp(x)", [](const Tensor& x) { return at::exp(x); });
  ops.add("log(x)", [](const Tensor& x) { return at::log(x); });
  ops.add("sqrt(x)", [](const Tensor& x) { return at::sqrt(x); });
  ops.add("clamp(x, min, max)", [](const Tensor& x, double min, double max) { return at::clamp(x, min, max); });

  // Activations.
  ops.add("tanh(x)", [](const Tensor& x) { return at::tanh(x); });
  ops.add("sigmoid(x)", [](const Tensor& x) { return at::sigmoid(x); });
  ops.add("relu(x)", [](const Tensor& x) { return at::relu(x); });
  ops.add("silu(x)", [](const Tensor& x) { return at::silu(x); });
  ops.add("gelu(x, approximate)",
          [](const Tensor& x, const std::string& approximate) { return at::gelu(x, approximate); });

  // Comparison and choice.
  ops.add("eq(x, y)", [](const Tensor& x, const Operand& y) { return at::eq(x, y.tensor); });
  ops.add("ne(x, y)", [](const Tensor& x, const Operand& y) { return at::ne(x, y.tensor); });
  ops.add("gt(x, y)", [](const Tensor& x, const Operand& y) { return at::gt(x, y.tensor); });
  ops.add("ge(x, y)", [](const Tensor& x, const Operand& y) { return at::ge(x, y.tensor); });
  ops.add("lt(x, y)", [](const Tensor& x, const Operand& y) { return at::lt(x, y.tensor); });
  ops.add("le(x, y)", [](const Tensor& x, const Operand& y) { return at::le(x, y.tensor); });
  ops.add("isFinite(x)", [](const Tensor& x) { return at::isfinite(x); });
  ops.add("where(condition, x, y)", [](const Tensor& condition, const Operand& x, const Operand& y) {
    return at::where(condition, onDeviceOf(condition, x), onDeviceOf(condition, y));
  });
  ops.add("maskedFill(x, mask, value)",
          [](const Tensor& x, const Tensor& mask, double value) { return at::masked_fill(x, mask, value); });

  // In place.
  ops.add("add_(x, y)", [](const Tensor& x, const Operand& y) { x.add_(y.tensor); });
  ops.add("mul_(x, y)", [](const Tensor& x, const Operand& y) { x.mul_(y.tensor); });
  ops.add("addcmul_(x, y, z, value)", [](const Tensor& x, const Tensor& y, const Tensor& z, double value) {
    x.addcmul_(y, z, value);
  });
  ops.add("copy_(x, source)", [](const Tensor& x, const Tensor& source) { x.copy_(source); });
  ops.add("fill_(x, value)", [](const Tensor& x, double value) { x.fill_(value); });
  ops.add("clamp_(x, min, max)", [](const Tensor& x, double min, double max) { x.clamp_(min, max); });
  ops.add("erfinv_(x)", [](const Tensor& x) { x.erfinv_(); });
}

}  // namespace libbert
