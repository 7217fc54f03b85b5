// Cross entropies: the kernels for GPUs against plain loops. The rows' length makes them begin anywhere within a pack.

#include "../../../native/cuda/kernels/cross_entropy.h"

#include "../../../native/cuda/kernels/sum_to_scalar.h"
#include "checking.h"

namespace libbert::emulator {
namespace {

template <typename T>
void checkCrossEntropy(int64_t rows, int64_t classes) {
  using A = Accumulate<T>;
  const std::string name =
      std::string("cross entropy ") + nameOf<T> + " [" + std::to_string(rows) + ", " + std::to_string(classes) + "]";
  const auto logits = randomBuffer<T>(rows * classes, 1, 4);
  std::vector<int64_t> targets(rows);
  for (int64_t row = 0; row < rows; ++row) targets[row] = row % 3 == 1 ? -100 : row * 31 % classes;
  const Buffer<A> grad(1), logSumExp(rows), loss(1);
  *grad.data() = A(0.25);
  const Buffer<T> gradient(rows * classes);
  double total = 0;
  for (int64_t row = 0; row < rows; ++row) {
    const T* x = logits.data() + row * classes;
    double sum = 0;
    for (int64_t i = 0; i < classes; ++i) sum += std::exp(static_cast<double>(load(x[i])));
    logSumExp.data()[row] = static_cast<A>(std::log(sum));
    if (targets[row] >= 0) total += std::log(sum) - load(x[targets[row]]);
    for (int64_t i = 0; i < classes; ++i) {
      const double share = std::exp(static_cast<double>(load(x[i]))) / sum - (i == targets[row]);
      store(gradient.data()[row * classes + i], static_cast<A>(targets[row] < 0 ? 0 : share * 0.25));
    }
  }
  *loss.data() = static_cast<A>(total);

  const auto statistics = inEveryOrder(name, [&] {
    const Buffer<A> ownLogSumExp(rows), losses(rows), ownLoss(1);
    launch<CrossEntropyForwardKernel<T>>(rows,
                                         {logits.data(), targets.data(), ownLogSumExp.data(), losses.data(), classes});
    launch<SumToScalarKernel<A, A>>(1, {losses.data(), ownLoss.data(), rows});
    return std::vector<Buffer<A>>{ownLogSumExp, ownLoss};
  });
  expectClose(name + " log sum exp", statistics[0], logSumExp, rounding<A>);
  expectClose(name + " loss", statistics[1], loss, rounding<A>);

  const auto gradients = inEveryOrder(name, [&] {
    const Buffer<T> overwritten(rows * classes);
    std::memcpy(static_cast<void*>(overwritten.data()), logits.data(), rows * classes * sizeof(T));
    launch<CrossEntropyBackwardKernel<T>>(rows,
                                          {overwritten.data(), targets.data(), logSumExp.data(), grad.data(), classes});
    return std::vector<Buffer<T>>{overwritten};
  });
  expectClose(name + " gradient", gradients[0], gradient, rounding<T>);
}

template <typename T>
void checkType() {
  checkCrossEntropy<T>(1, 1);
  checkCrossEntropy<T>(5, 2);
  checkCrossEntropy<T>(7, 13);
  checkCrossEntropy<T>(6, 4099);
}

}  // namespace

void checkCrossEntropies() {
  checkType<float>();
  checkType<double>();
  checkType<c10::BFloat16>();
}

}  // namespace libbert::emulator
