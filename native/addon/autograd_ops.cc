#include <torch/csrc/autograd/autograd.h>

#include "op_table.h"

namespace libbert {

using at::Tensor;

void addAutogradOps(OpTable& ops) {
  ops.add("requiresGrad(x)", [](const Tensor& x) { return x.requires_grad(); });
  ops.add("setRequiresGrad(x, value)", [](const Tensor& x, bool value) { x.set_requires_grad(value); });
  ops.add("detach(x)", [](const Tensor& x) { return x.detach(); });

  ops.add("backward(x, gradient)", [](const Tensor& x, const std::optional<Tensor>& gradient) {
    TORCH_CHECK(gradient.has_value() || x.numel() == 1, "Expected a loss of one element but received shape ",
                x.sizes());
    torch::autograd::backward({x}, {gradient.value_or(Tensor())});
  });
  ops.add("grad(x)",
          [](const Tensor& x) { return x.grad().defined() ? std::optional<Tensor>(x.grad()) : std::nullopt; });
  ops.add("setGrad(x, grad)",
          [](const Tensor& x, const std::optional<Tensor>& grad) { x.mutable_grad() = grad.value_or(Tensor()); });

  // Gives the leaf `x` other memory (a view of a flat buffer, another dtype) and keeps its identity.
  ops.add("setData(x, data)", [](const Tensor& x, const Tensor& data) { x.set_data(data); });

  // Gradient recording is a state of the calling thread.
  ops.add("isGradEnabled()", [] { return at::GradMode::is_enabled(); });
  ops.add("setGradEnabled(enabled)", [](bool enabled) { at::GradMode::set_enabled(enabled); });
}

}  // namespace libbert
