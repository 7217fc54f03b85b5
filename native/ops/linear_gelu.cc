// linear_gelu(input, weight, bias, tanh): GELU of a linear layer (Hendrycks and Gimpel, 2016), as it widens a
// Transformer's feed-forward network. Backward, one pass makes the gradient of the sum and adds up that of the bias.

#include <torch/library.h>

#include "accumulated_gradient.h"
#include "autograd.h"
#include "gelu.h"
#include "linear.h"

namespace libbert {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

auto callBackward(const Tensor& grad, const Tensor& x, bool tanh) {
  static const auto op =
      findOperator<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, bool)>("libbert::gelu_backward");
  return op.call(grad, x, tanh);
}

/** Gives the input, too, where a residual connection takes it from here. */
template <bool hasResidual>
struct Formula : torch::autograd::Function<Formula<hasResidual>> {
  static variable_list forward(AutogradContext* ctx, const Tensor& input, const Tensor& weight, const Tensor& bias,
                               bool tanh) {
    at::AutoDispatchBelowADInplaceOrView guard;
    ctx->set_materialize_grads(false);
    const Tensor x = linearForward(input, weight, bias);
    ctx->save_for_backward(
        {weight.requires_grad() ? input : Tensor(), weightToSave(input, weight), asRows(x), bias});
    ctx->saved_data["sizes"] = input.sizes();
    ctx->saved_data["tanh"] = tanh;
    variable_list outputs = {gelu(x, tanh)};
    if constexpr (hasResidual) outputs.push_back(input.alias());
    return outputs;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &input = saved[0], &weight = saved[1];
    const Tensor none, &ofResidual = hasResidual ? grads[1] : none;
    if (!grads[0].defined()) return {ofResidual, none, none, none};
    const auto [grad, gradBias] = callBackward(asRows(grads[0]), saved[2], ctx->saved_data["tanh"].toBool());
    Tensor gradInput, gradWeight;
    if (ctx->needs_input_grad(0)) {
      gradInput = linearInputGradient(grad, weight, ctx->saved_data["sizes"].toIntVector(), ofResidual);
    }
    if (ctx->needs_input_grad(1)) gradWeight = linearWeightGradient(grad, input, weight);
    return {gradInput, gradWeight, addedLater(saved[3], gradBias), none};
  }
};

Tensor withoutGradient(const Tensor& input, const Tensor& weight, const Tensor& bias, bool tanh) {
  return gelu(linearForward(input, weight, bias), tanh);
}

Tensor withGradient(const Tensor& input, const Tensor& weight, const Tensor& bias, bool tanh) {
  return Formula<false>::apply(input, weight, bias, tanh)[0];
}

std::tuple<Tensor, Tensor> residualWithoutGradient(const Tensor& input, const Tensor& weight, const Tensor& bias,
                                                   bool tanh) {
  return {gelu(linearForward(input, weight, bias), tanh), input.alias()};
}

std::tuple<Tensor, Tensor> residualWithGradient(const Tensor& input, const Tensor& weight, const Tensor& bias,
                                                bool tanh) {
  const auto outputs = Formula<true>::apply(input, weight, bias, tanh);
  return {outputs[0], outputs[1]};
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("linear_gelu", withoutGradient);
  m.impl("linear_gelu_with_residual", residualWithoutGradient);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("linear_gelu", withGradient);
  m.impl("linear_gelu_with_residual", residualWithGradient);
}

}  // namespace libbert
