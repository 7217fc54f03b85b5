#include <torch/csrc/autograd/autograd.h>

#include "op_table.h"

namespace libbert {

using at::Tensor;

namespace {

void setRequiresGrad(const Tensor& x, bool value) {
  TORCH_CHECK(x.is_leaf() || value, "Expected a tensor that no operation computed for x: use detach() first");
  x.set_requires_grad(value);
}

/** The gradient as users and optimizers of their own see it. An embedding's is sparse until somebody asks for it. */
std::optional<Tensor> denseGradient(const Tensor& x) {
  Tensor& gradient = x.mutable_grad();
  if (!gradient.defined()) return std::nullopt;
  if (gradient.layout() != at::kStrided) gradient = gradient.to_dense();
  return gradient;
}

void setGradient(const Tensor& x, const std::optional<Tensor>& gradient) {
  if (gradient) {
    TORCH_CHECK(!gradient->is_same(x), "Expected another tensor than x itself for grad");
    TORCH_CHECK(gradient->sizes() == x.sizes() && gradient->scalar_type() == x.scalar_type() &&
                    gradient->device() == x.device(),
                "Expected a tensor of x's shape ", x.sizes(), ", ", dtypeName(x.scalar_type()), ", on ", x.device(),
                " for grad but received ", gradient->sizes(), ", ", dtypeName(gradient->scalar_type()), ", on ",
                gradient->device());
  }
  x.mutable_grad() = gradient.value_or(Tensor());
}

/**
 * Gives the leaf `x` other memory of the same shape (a view of a flat buffer, another dtype), and it stays the same
 * leaf. A graph that still needs the old values notices: its backward is refused.
 */
void setData(const Tensor& x, const Tensor& data) {
  TORCH_CHECK(x.is_leaf(), "Expected a tensor that no operation computed for x");
  TORCH_CHECK(data.sizes() == x.sizes(), "Expected the shape of x, ", x.sizes(), ", for data but received ",
              data.sizes());
  TORCH_CHECK(!data.requires_grad(), "Expected a tensor without requiresGrad for data");
  x.set_data(data);
  x.unsafeGetTensorImpl()->bump_version();
}

unsigned addHook(const Tensor& x, GradientHook hook) {
  TORCH_CHECK(x.requires_grad(), "Expected a tensor with requiresGrad for x");
  // A GPU's backward runs in threads of LibTorch, where there is no JavaScript.
  TORCH_CHECK(x.is_cpu(), "Expected a tensor on the CPU for a hook but received one on ", x.device());
  return x.register_hook(std::move(hook));
}

}  // namespace

void addAutogradOps(OpTable& ops) {
  ops.add("requiresGrad(x)", [](const Tensor& x) { return x.requires_grad(); });
  ops.add("setRequiresGrad(x, value)", setRequiresGrad);
  ops.add("detach(x)", [](const Tensor& x) { return x.detach(); });

  ops.add("backward(x, gradient)", [](const Tensor& x, const std::optional<Tensor>& gradient) {
    TORCH_CHECK(gradient.has_value() || x.numel() == 1, "Expected a loss of one element but received shape ",
                x.sizes());
    torch::autograd::backward({x}, {gradient.value_or(Tensor())});
  });
  ops.add("grad(x)", denseGradient);
  ops.add("setGrad(x, grad)", setGradient);
  ops.add("setData(x, data)", setData);
  ops.add("addGradientHook(x, hook)",
          [](const Tensor& x, const GradientHook& hook) { return static_cast<int64_t>(addHook(x, hook)); });
  ops.add("removeGradientHook(x, number)",
          [](const Tensor& x, int64_t number) { x.remove_hook(static_cast<unsigned>(number)); });

  // Gradient recording is a state of the calling thread.
  ops.add("isGradEnabled()", [] { return at::GradMode::is_enabled(); });
  ops.add("setGradEnabled(enabled)", [](bool enabled) { at::GradMode::set_enabled(enabled); });
}

}  // namespace libbert
