// embedding(weight, ids, padding_id): rows of a table. Made of LibTorch's look-up and of sum_by_id, so the formula
// serves each device as it stands.

#include <ATen/ATen.h>
#include <torch/library.h>

#include "autograd.h"
#include "sum_by_id.h"

namespace libbert {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/** LibTorch's own gradient of it rounds each addition to bfloat16: of 16,384 rows, 40 % are lost. */
struct EmbeddingFormula : torch::autograd::Function<EmbeddingFormula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& weight, const Tensor& ids, int64_t paddingId) {
    at::AutoDispatchBelowADInplaceOrView guard;
    ctx->save_for_backward({ids});
    ctx->saved_data["rows"] = weight.size(0);
    ctx->saved_data["paddingId"] = paddingId;
    return at::embedding(weight, ids);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const Tensor ids = ctx->get_saved_variables()[0].flatten();
    const Tensor grad = grads[0].reshape({ids.numel(), grads[0].size(-1)});
    return {sumById(grad, ids, ctx->saved_data["rows"].toInt(), ctx->saved_data["paddingId"].toInt()), Tensor(),
            Tensor()};
  }
};

Tensor withoutGradient(const Tensor& weight, const Tensor& ids, int64_t /*paddingId*/) {
  return at::embedding(weight, ids);
}

Tensor withGradient(const Tensor& weight, const Tensor& ids, int64_t paddingId) {
  return EmbeddingFormula::apply(weight, ids, paddingId);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("embedding", withoutGradient);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("embedding", withGradient);
}

}  // namespace libbert
