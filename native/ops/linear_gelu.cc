// linear_gelu(input, weight, bias, tanh): GELU of a linear layer (Hendrycks and Gimpel, 2016), as it widens a
// Transformer's feed-forward network. Backward, one pass makes the gradient of the sum and adds up that of the bias.

#include <torch/library.h>

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

struct Formula : torch::autograd::Function<Formula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& input, const Tensor& weight, const Tensor& bias,
                        bool tanh) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const Tensor x = linearForward(input, weight, bias);
    ctx->save_for_backward({weight.requires_grad() ? input : Tensor(), weightToSave(input, weight), asRows(x)});
    ctx->saved_data["sizes"] = input.sizes();
    ctx->saved_data["tanh"] = tanh;
    return gelu(x, tanh);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &input = saved[0], &weight = saved[1];
    const auto [grad, gradBias] = callBackward(asRows(grads[0]), saved[2], ctx->saved_data["tanh"].toBool());
    Tensor gradInput, gradWeight;
    if (ctx->needs_input_grad(0)) {
      gradInput = linearInputGradient(grad, weight, ctx->saved_data["sizes"].toIntVector());
    }
    if (ctx->needs_input_grad(1)) gradWeight = linearWeightGradient(grad, input, weight);
    return {gradInput, gradWeight, gradBias, Tensor()};
  }
};

Tensor withoutGradient(const Tensor& input, const Tensor& weight, const Tensor& bias, bool tanh) {
  return gelu(linearForward(input, weight, bias), tanh);
}

Tensor withGradient(const Tensor& input, const Tensor& weight, const Tensor& bias, bool tanh) {
  return Formula::apply(input, weight, bias, tanh);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("linear_gelu", withoutGradient);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("linear_gelu", withGradient);
}

}  // namespace libbert
