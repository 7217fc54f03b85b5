// gelu_backward on a GPU, with the kernel in kernels/gelu_backward.h. Forward, LibTorch's own kernel serves.

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"
#include "kernels/gelu_backward.h"
#include "kernels/sum_partials.h"

namespace libbert {
namespace {

using at::Tensor;

template <typename T, bool tanh>
void runGeluBackward(const Tensor& grad, const Tensor& x, const Tensor& gradX, const Tensor& gradBias) {
  using A = Accumulate<T>;
  using Kernel = GeluBackwardKernel<T, tanh>;
  const int64_t rows = x.size(0), chunks = Kernel::chunksOf(rows);
  const int width = static_cast<int>(x.size(1));
  const Tensor partials = at::empty({chunks, width}, x.options().dtype(c10::CppTypeToScalarType<A>::value));
  launch<Kernel>(chunks * Kernel::stripsOf(width),
                 {grad.const_data_ptr<T>(), x.const_data_ptr<T>(), gradX.mutable_data_ptr<T>(),
                  partials.mutable_data_ptr<A>(), rows, width});
  using Sum = SumPartialsKernel<T>;
  launch<Sum>(Sum::blocksFor(width), {partials.const_data_ptr<A>(), gradBias.mutable_data_ptr<T>(), chunks, width});
}

}  // namespace

std::tuple<Tensor, Tensor> geluBackward(const Tensor& grad, const Tensor& x, bool tanh) {
  checkGeluBackward(grad, x);
  if (!isTaken(OwnKernels::gelu) || !isInPacks(x)) return composeGeluBackward(grad, x, tanh);
  const c10::OptionalDeviceGuard guard(x.device());
  const Tensor g = aligned(grad), source = aligned(x);
  const Tensor gradX = at::empty_like(source), gradBias = at::empty({x.size(1)}, x.options());
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "gelu_backward", [&] {
    if (tanh) {
      runGeluBackward<scalar_t, true>(g, source, gradX, gradBias);
    } else {
      runGeluBackward<scalar_t, false>(g, source, gradX, gradBias);
    }
  });
  return {gradX, gradBias};
}

}  // namespace libbert
