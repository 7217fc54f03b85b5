// A JavaScript function as a hook of autograd.

#include <thread>

#include "convert.h"

namespace libbert {
namespace {

void checkSameKind(const at::Tensor& result, const at::Tensor& gradient) {
  TORCH_CHECK(result.sizes() == gradient.sizes() && result.scalar_type() == gradient.scalar_type() &&
                  result.device() == gradient.device(),
              "Expected a gradient of ", dtypeName(gradient.scalar_type()), " ", gradient.sizes(), " on ",
              gradient.device(), " from the hook but received ", dtypeName(result.scalar_type()), " ", result.sizes(),
              " on ", result.device());
}

}  // namespace

GradientHook Js<GradientHook>::from(const Napi::Value& v) {
  if (!v.IsFunction()) throw std::invalid_argument("Expected a function");
  const auto function = std::make_shared<Napi::FunctionReference>(Napi::Persistent(v.As<Napi::Function>()));
  return [function, owner = std::this_thread::get_id()](const at::Tensor& gradient) -> at::Tensor {
    // Backward that runs inside very many hooks goes on in threads of LibTorch, where there is no JavaScript.
    TORCH_CHECK(std::this_thread::get_id() == owner, "Expected fewer backward() calls inside each other");
    const Napi::Env env = function->Env();
    const Napi::HandleScope scope(env);
    const Napi::Value result = function->Call({wrapTensor(env, gradient)});
    if (result.IsNull()) return {};
    if (!isTensor(result)) throw std::invalid_argument("Expected a tensor or null from a gradient's hook");
    const at::Tensor changed = unwrapTensor(result);
    checkSameKind(changed, gradient);
    // Autograd insists on the layout that it gave: an embedding's gradient is sparse.
    return gradient.is_sparse() ? changed.to_sparse(gradient.sparse_dim()) : changed;
  };
}

}  // namespace libbert
