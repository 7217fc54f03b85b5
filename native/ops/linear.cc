// linear(input, weight, bias): input weight^T + bias over the last dimension. Every product goes through product.h, so
// the formula serves each device as it stands; linear_gradients_ is what a device may do better.

#include "linear.h"

#include <torch/library.h>

#include <tuple>

#include "accumulated_gradient.h"
#include "arguments.h"
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

Tensor linearInputGradient(const Tensor& grad, const Tensor& weight, at::IntArrayRef sizes, const Tensor& ofResidual) {
  if (ofResidual.defined() && isOnlyHere(ofResidual)) {
    addProductWithTransposed(asRows(ofResidual), grad, weight.t());
    return ofResidual;
  }
  const Tensor product = productWithTransposed(grad, weight.t(), {}).view(sizes);
  return ofResidual.defined() ? product.add(ofResidual) : product;
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

Tensor linearGradients(const Tensor& weightGradient, const Tensor& grad, const Tensor& input) {
  checkLinearGradients(weightGradient, grad, input);
  addProductWithTransposed(weightGradient, grad.t(), input.t());
  return grad.sum(0);
}

Tensor callLinearGradients(const Tensor& weightGradient, const Tensor& grad, const Tensor& input) {
  static const auto op =
      findOperator<Tensor(const Tensor&, const Tensor&, const Tensor&)>("libbert::linear_gradients_");
  return op.call(weightGradient, grad, input);
}

/** Gives the input, too, where a residual connection takes it from here. */
template <bool hasResidual>
struct LinearFormula : torch::autograd::Function<LinearFormula<hasResidual>> {
  static variable_list forward(AutogradContext* ctx, const Tensor& input, const Tensor& weight,
                               const std::optional<Tensor>& bias) {
    at::AutoDispatchBelowADInplaceOrView guard;
    ctx->set_materialize_grads(false);
    ctx->save_for_backward(
        {weight.requires_grad() ? input : Tensor(), weightToSave(input, weight), bias.value_or(Tensor())});
    ctx->saved_data["sizes"] = input.sizes();
    variable_list outputs = {linearForward(input, weight, bias)};
    if constexpr (hasResidual) outputs.push_back(input.alias());
    return outputs;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &input = saved[0], &weight = saved[1], &bias = saved[2];
    const Tensor none, &ofResidual = hasResidual ? grads[1] : none;
    if (!grads[0].defined()) return {ofResidual, none, none};
    const Tensor grad = asRows(grads[0]);  // [T, O]
    Tensor gradInput, gradWeight, gradBias;
    if (ctx->needs_input_grad(0)) {
      gradInput = linearInputGradient(grad, weight, ctx->saved_data["sizes"].toIntVector(), ofResidual);
    }
    const bool ofWeight = ctx->needs_input_grad(1), ofBias = bias.defined() && ctx->needs_input_grad(2);
    if (ofWeight && ofBias && weight.defined() && isOnlyAdded(weight)) {
      gradBias = addedLater(bias, callLinearGradients(weight.grad(), grad, asRows(input)));
    } else {
      if (ofWeight) gradWeight = linearWeightGradient(grad, input, weight);
      if (ofBias) gradBias = addedLater(bias, grad.sum(0));
    }
    return {gradInput, gradWeight, gradBias};
  }
};

Tensor withGradient(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias) {
  return LinearFormula<false>::apply(input, weight, bias)[0];
}

std::tuple<Tensor, Tensor> residualWithoutGradient(const Tensor& input, const Tensor& weight,
                                                   const std::optional<Tensor>& bias) {
  return {linearForward(input, weight, bias), input.alias()};
}

std::tuple<Tensor, Tensor> residualWithGradient(const Tensor& input, const Tensor& weight,
                                                const std::optional<Tensor>& bias) {
  const auto outputs = LinearFormula<true>::apply(input, weight, bias);
  return {outputs[0], outputs[1]};
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("linear", linearForward);
  m.impl("linear_with_residual", residualWithoutGradient);
  m.impl("linear_gradients_", linearGradients);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("linear", withGradient);
  m.impl("linear_with_residual", residualWithGradient);
}

}  // namespace libbert
