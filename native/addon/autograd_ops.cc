#include <torch/csrc/autograd/autograd.h>

#include "op_table.h"

namespace libbert {

void AddAutogradOps(OpTable& ops) {
  ops.Add("requiresGrad(x)", [](const Tensor& x) { return x.requires_grad(); });
  ops.Add("setRequiresGrad(x, value)", [](const Tensor& x, bool value) { x.set_requires_grad(value); });
  ops.Add("detach(x)", [](const Tensor& x) { return x.detach(); });

  ops.Add("backward(x, gradient)", [](const Tensor& x, const optional<Tensor>& gradient) {
    TORCH_CHECK(gradient.has_value() || x.numel() == 1, "Expected a loss of one element but received shape ", x.sizes());
    torch::autograd::backward({x}, {gradient.value_or(Tensor())});
  });
  ops.Add("grad(x)", [](const Tensor& x) { return x.grad().defined() ? optional<Tensor>(x.grad()) : std::nullopt; });
  ops.Add("setGrad(x, grad)", [](const Tensor& x, const optional<Tensor>& grad) { x.mutable_grad() = grad.value_or(Tensor()); });

  // Makes the leaf `x` another piece of memory (a view of a flat buffer, another dtype), keeping its identity.
  ops.Add("setData(x, data)", [](const Tensor& x, const Tensor& data) { x.set_data(data); });

  // Gradient recording is a state of the calling thread.
  ops.Add("isGradEnabled()", [] { return at::GradMode::is_enabled(); });
  ops.Add("setGradEnabled(enabled)", [](bool enabled) { at::GradMode::set_enabled(enabled); });
}

}  // namespace libbert
