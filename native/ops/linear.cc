// linear(input, weight, bias): input weight^T + bias over the last dimension. Every product goes through product.h, so
// the formula serves each device as it stands.

#include "linear.h"

#include <torch/library.h>

#include "accumulated_gradient.h"
#include "autograd.h"
#include "product.h"

namespace libbert {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Tensor asRows(const Tensor& tensor) {
  return tensor.reshape({-1, tensor.size(-1)});
}

namespace {

void checkLinear(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias) {
  TORCH_CHECK(weight.dim() == 2, "Expected a matrix [O, I] for weight but received shape ", weight.sizes());
  TORCH_CHECK(weight.size(0) > 0 && weight.size(1) > 0,
              "Expected a matrix with elements for weight but received shape ", weight.sizes());
  TORCH_CHECK(input.dim() >= 1 && input.size(-1) == weight.size(1), "Expected a tensor [..., ", weight.size(1),
              "] for input but received shape ", input.sizes());
  TORCH_CHECK(input.scalar_type() == weight.scalar_type(), "Expected the data type of weight, ", weight.scalar_type(),
              ", for input but received ", input.scalar_type());
  TORCH_CHECK(!bias || (bias->dim() == 1 && bias->size(0) == weight.size(0)), "Expected a vector [", weight.size(0),
              "] for bias but received shape ", bias->sizes());
  TORCH_CHECK(!bias || bias->scalar_type() == weight.scalar_type(), "Expected the data type of weight, ",
              weight.scalar_type(), ", for bias but received ", bias->scalar_type());
}

}  // namespace

Tensor linearForward(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias) {
  checkLinear(input, weight, bias);
  auto shape = input.sizes().vec();
  shape.back() = weight.size(0);
  return productWithTransposed(asRows(input), weight, bias).view(shape);
}

Tensor linearInputGradient(const Tensor& grad, const Tensor& weight, at::IntArrayRef sizes) {
  return productWithTransposed(grad, weight.t(), {}).view(sizes);
}

Tensor linearWeightGradient(const Tensor& grad, const Tensor& input, const Tensor& weight) {
  const Tensor gradT = grad.t(), inputT = asRows(input).t();
  if (!weight.defined() || !isOnlyAdded(weight)) return productWithTransposed(gradT, inputT, {});
  addProductWithTransposed(weight.grad(), gradT, inputT);
  return {};
}

Tensor weightToSave(const Tensor& input, const Tensor& weight) {
  return input.requires_grad() || (weight.is_leaf() && weight.requires_grad()) ? weight : Tensor();
}

namespace {

struct LinearFormula : torch::autograd::Function<LinearFormula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const Tensor& weight,
                        const std::optional<Tensor>& bias) {
    at::AutoDispatchBelowADInplaceOrView guard;
    ctx->save_for_backward({weight.requires_grad() ? input : Tensor(), weightToSave(input, weight)});
    ctx->saved_data["hasBias"] = bias.has_value();
    ctx->saved_data["sizes"] = input.sizes();
    return linearForward(input, weight, bias);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &input = saved[0], &weight = saved[1];
    const Tensor grad = asRows(grads[0]);  // [T, O]
    Tensor gradInput, gradWeight, gradBias;
    if (ctx->needs_input_grad(0)) {
      gradInput = linearInputGradient(grad, weight, ctx->saved_data["sizes"].toIntVector());
    }
    if (ctx->needs_input_grad(1)) gradWeight = linearWeightGradient(grad, input, weight);
    if (ctx->saved_data["hasBias"].toBool() && ctx->needs_input_grad(2)) gradBias = grad.sum(0);
    return {gradInput, gradWeight, gradBias};
  }
};

Tensor linearAutograd(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias) {
  return LinearFormula::apply(input, weight, bias);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("linear", linearForward);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("linear", linearAutograd);
}

}  // namespace libbert
