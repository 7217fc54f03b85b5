#include "op_table.h"

namespace libbert {

void AddElementOps(OpTable& ops) {
  // Arithmetic: the second operand may be a number.
  ops.Add("add(x, y)", [](const Tensor& x, const Operand& y) { return at::add(x, y.tensor); });
  ops.Add("sub(x, y)", [](const Tensor& x, const Operand& y) { return at::sub(x, y.tensor); });
  ops.Add("mul(x, y)", [](const Tensor& x, const Operand& y) { return at::mul(x, y.tensor); });
  ops.Add("div(x, y)", [](const Tensor& x, const Operand& y) { return at::div(x, y.tensor); });
  ops.Add("pow(x, y)", [](const Tensor& x, const Operand& y) { return at::pow(x, y.tensor); });
  ops.Add("maximum(x, y)", [](const Tensor& x, const Tensor& y) { return at::maximum(x, y); });
  ops.Add("minimum(x, y)", [](const Tensor& x, const Tensor& y) { return at::minimum(x, y); });
  ops.Add("neg(x)", [](const Tensor& x) { return at::neg(x); });
  ops.Add("abs(x)", [](const Tensor& x) { return at::abs(x); });
  ops.Add("exp(x)", [](const Tensor& x) { return at::exp(x); });
  ops.Add("log(x)", [](const Tensor& x) { return at::log(x); });
  ops.Add("sqrt(x)", [](const Tensor& x) { return at::sqrt(x); });
  ops.Add("rsqrt(x)", [](const Tensor& x) { return at::rsqrt(x); });
  ops.Add("erf(x)", [](const Tensor& x) { return at::erf(x); });
  ops.Add("clamp(x, min, max)", [](const Tensor& x, double min, double max) { return at::clamp(x, min, max); });

  // Activations.
  ops.Add("tanh(x)", [](const Tensor& x) { return at::tanh(x); });
  ops.Add("sigmoid(x)", [](const Tensor& x) { return at::sigmoid(x); });
  ops.Add("relu(x)", [](const Tensor& x) { return at::relu(x); });
  ops.Add("gelu(x, approximate)", [](const Tensor& x, const std::string& approximate) { return at::gelu(x, approximate); });

  // Comparison and choice.
  ops.Add("eq(x, y)", [](const Tensor& x, const Operand& y) { return at::eq(x, y.tensor); });
  ops.Add("ne(x, y)", [](const Tensor& x, const Operand& y) { return at::ne(x, y.tensor); });
  ops.Add("gt(x, y)", [](const Tensor& x, const Operand& y) { return at::gt(x, y.tensor); });
  ops.Add("ge(x, y)", [](const Tensor& x, const Operand& y) { return at::ge(x, y.tensor); });
  ops.Add("lt(x, y)", [](const Tensor& x, const Operand& y) { return at::lt(x, y.tensor); });
  ops.Add("le(x, y)", [](const Tensor& x, const Operand& y) { return at::le(x, y.tensor); });
  ops.Add("isFinite(x)", [](const Tensor& x) { return at::isfinite(x); });
  ops.Add("logicalAnd(x, y)", [](const Tensor& x, const Tensor& y) { return at::logical_and(x, y); });
  ops.Add("logicalNot(x)", [](const Tensor& x) { return at::logical_not(x); });
  ops.Add("where(condition, x, y)",
          [](const Tensor& condition, const Operand& x, const Operand& y) { return at::where(condition, x.tensor, y.tensor); });
  ops.Add("maskedFill(x, mask, value)",
          [](const Tensor& x, const Tensor& mask, double value) { return at::masked_fill(x, mask, value); });

  // In place.
  ops.Add("add_(x, y)", [](const Tensor& x, const Operand& y) { x.add_(y.tensor); });
  ops.Add("mul_(x, y)", [](const Tensor& x, const Operand& y) { x.mul_(y.tensor); });
  ops.Add("copy_(x, source)", [](const Tensor& x, const Tensor& source) { x.copy_(source); });
  ops.Add("fill_(x, value)", [](const Tensor& x, double value) { x.fill_(value); });
  ops.Add("clamp_(x, min, max)", [](const Tensor& x, double min, double max) { x.clamp_(min, max); });
  ops.Add("erfinv_(x)", [](const Tensor& x) { x.erfinv_(); });
}

}  // namespace libbert
