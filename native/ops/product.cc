#include "product.h"

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <string_view>

namespace libbert {
namespace {

using OneDnnLinear = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                std::string_view, c10::List<std::optional<at::Scalar>>,
                                std::optional<std::string_view>);

struct Processor {
  bool mklIsSlow;
  bool avx512;
};

Processor thisProcessor() {
#ifdef __x86_64__
  return {!__builtin_cpu_is("intel"), bool(__builtin_cpu_supports("avx512f"))};
#else
  return {};  // MKL is for x86-64 alone: elsewhere LibTorch itself chooses between oneDNN and another library
#endif
}

/**
 * MKL computes LibTorch's own float32 products and takes a slow path on processors that are not Intel's: without
 * AVX-512, 0.20 TFLOP/s on two Zen 5 cores where oneDNN reaches 0.45. On two cores that have AVX2 alone the two are
 * equal, but oneDNN has only half of it where a matrix is transposed, as in backward. bfloat16 products are oneDNN's
 * already.
 */
bool oneDnnIsFaster(const at::Tensor& x, const at::Tensor& w) {
  static const Processor processor = thisProcessor();
  if (!processor.mklIsSlow || !x.is_cpu() || x.scalar_type() != at::kFloat) return false;
  if (x.numel() == 0 || w.numel() == 0) return false;
  return processor.avx512 || (x.is_contiguous() && w.is_contiguous());
}

}  // namespace

at::Tensor productWithTransposed(const at::Tensor& x, const at::Tensor& w, const std::optional<at::Tensor>& bias) {
  static const auto oneDnn = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
  static const c10::List<std::optional<at::Scalar>> noScalars;
  if (oneDnn && oneDnnIsFaster(x, w)) {
    return oneDnn->typed<OneDnnLinear>().call(x, w, bias, "none", noScalars, "");
  }
  return bias ? at::linear(x, w, bias) : at::mm(x, w.t());
}

void addProductWithTransposed(const at::Tensor& sum, const at::Tensor& x, const at::Tensor& w) {
  if (oneDnnIsFaster(x, w)) {
    sum.add_(productWithTransposed(x, w, {}));
  } else {
    sum.addmm_(x, w.t());
  }
}

}  // namespace libbert
