// GELU's gradient and the bias's: the kernel for GPUs against a plain loop over the same formula.

#include "../../../native/cuda/kernels/gelu_backward.h"

#include "../../../native/cuda/kernels/sum_partials.h"
#include "checking.h"

namespace libbert::emulator {
namespace {

template <typename T, bool tanh>
void checkGelu(int64_t rows, int width) {
  using A = Accumulate<T>;
  const std::string name = std::string("gelu backward ") + (tanh ? "tanh " : "") + nameOf<T> + " [" +
                           std::to_string(rows) + ", " + std::to_string(width) + "]";
  const auto grad = randomBuffer<T>(rows * width, 1), x = randomBuffer<T>(rows * width, 2, 2);
  const Buffer<T> gradX(rows * width), gradBias(width);
  for (int column = 0; column < width; ++column) {
    A total = 0;
    for (int64_t i = column; i < rows * width; i += width) {
      const A in = load(x.data()[i]);
      const A g = load(grad.data()[i]) * (tanh ? geluTanhSlope(in) : geluSlope(in));
      total += g;
      store(gradX.data()[i], g);
    }
    store(gradBias.data()[column], total);
  }
  const auto actual = inEveryOrder(name, [&] {
    using Kernel = GeluBackwardKernel<T, tanh>;
    const Buffer<T> ownGradX(rows * width), ownGradBias(width);
    const int64_t chunks = Kernel::chunksOf(rows);
    const Buffer<A> partials(chunks * width);
    launch<Kernel>(chunks * Kernel::stripsOf(width),
                   {grad.data(), x.data(), ownGradX.data(), partials.data(), rows, width});
    launch<SumPartialsKernel<T>>(SumPartialsKernel<T>::blocksFor(width),
                                 {partials.data(), ownGradBias.data(), chunks, width});
    return std::vector<Buffer<T>>{ownGradX, ownGradBias};
  });
  expectSame(name, actual[0], gradX);
  expectClose(name + " bias", actual[1], gradBias, rounding<T>);
}

template <typename T>
void checkType() {
  checkGelu<T, false>(1, 8);
  checkGelu<T, false>(150, 264);
  checkGelu<T, true>(67, 72);
}

}  // namespace

void checkGelu() {
  checkType<float>();
  checkType<double>();
  checkType<c10::BFloat16>();
}

}  // namespace libbert::emulator
