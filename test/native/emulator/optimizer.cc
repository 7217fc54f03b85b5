// AdamW and the sum of squares: the kernels for GPUs against plain loops.

#include "../../../native/cuda/kernels/adamw.h"

#include "../../../native/cuda/kernels/sum_of_squares.h"
#include "../../../native/cuda/kernels/sum_to_scalar.h"
#include "checking.h"

namespace libbert::emulator {
namespace {

template <typename T>
Buffer<T> copyOf(const Buffer<T>& buffer) {
  const Buffer<T> copy(buffer.size());
  std::memcpy(static_cast<void*>(copy.data()), buffer.data(), buffer.size() * sizeof(T));
  return copy;
}

/** What a step changes. */
template <typename Weight, typename Grad>
struct Buffers {
  Buffer<float> master, expAvg, expAvgSq;
  Buffer<Weight> weight;
  Buffer<Grad> grad;

  explicit Buffers(int64_t count)
      : master(randomBuffer<float>(count, 1)),
        expAvg(randomBuffer<float>(count, 2)),
        expAvgSq(randomBuffer<float>(count, 3)),
        weight(count),
        grad(randomBuffer<Grad>(count, 4)) {
    for (int64_t i = 0; i < count; ++i) {
      expAvgSq.data()[i] *= expAvgSq.data()[i];
      store(weight.data()[i], master.data()[i]);
      if (i % 7 == 0) store(grad.data()[i], 0), expAvg.data()[i] = expAvgSq.data()[i] = 1.2e-38f;
    }
  }
};

template <typename Weight, typename Grad>
void checkAdamW(int64_t count, bool zeroesGrad, float scale) {
  const std::string name = std::string("adamw ") + nameOf<Weight> + " " + nameOf<Grad> + " [" + std::to_string(count) +
                           "] scale " + std::to_string(scale);
  const AdamWSettings settings{0.5, 0.9, 0.999, 1e-6, 0.01};
  const double rates[] = {2e-3, 0.1, 0.001};
  const AdamWStep step = settings.step(rates);
  const Buffers<Weight, Grad> expected(count);
  for (int64_t i = 0; i < count; ++i) {
    if (std::isfinite(scale)) {
      float& master = expected.master.data()[i];
      master = step.update(master, load(expected.grad.data()[i]) * scale, expected.expAvg.data()[i],
                           expected.expAvgSq.data()[i]);
      store(expected.weight.data()[i], master);
    }
    if (zeroesGrad) store(expected.grad.data()[i], 0);
  }
  for (const int warps : {0, 1}) {
    order = warps;
    const Buffers<Weight, Grad> b(count);
    launch<AdamWKernel<Weight, Grad>>(AdamWKernel<Weight, Grad>::blocksFor(count),
                                      {b.master.data(), b.weight.data(), b.grad.data(), b.expAvg.data(),
                                       b.expAvgSq.data(), count, settings, rates, &scale, zeroesGrad});
    expectSame(name + " master", b.master, expected.master);
    expectSame(name + " weight", b.weight, expected.weight);
    expectSame(name + " grad", b.grad, expected.grad);
    expectSame(name + " first moments", b.expAvg, expected.expAvg);
    expectSame(name + " second moments", b.expAvgSq, expected.expAvgSq);
  }
  order = 0;
}

/** The buffer that the model computes with may be the master itself. */
void checkAdamWInPlace() {
  const AdamWSettings settings{1, 0.9, 0.999, 1e-6, 0.01};
  const double rates[] = {1e-3, 1, 1};
  const float scale = 0.5f;
  const Buffers<float, float> apart(37), together(37);
  launch<AdamWKernel<float, float>>(
      1, {apart.master.data(), apart.weight.data(), apart.grad.data(), apart.expAvg.data(), apart.expAvgSq.data(), 37,
          settings, rates, &scale, false});
  launch<AdamWKernel<float, float>>(
      1, {together.master.data(), together.master.data(), together.grad.data(), together.expAvg.data(),
          together.expAvgSq.data(), 37, settings, rates, &scale, false});
  expectSame("adamw in place", together.master, apart.master);
}

/** Of a buffer that begins `offset` elements after a multiple of 16 bytes. */
template <typename T>
void checkSumOfSquares(int64_t count, int64_t offset) {
  const std::string name =
      std::string("sum of squares ") + nameOf<T> + " [" + std::to_string(count) + "] from " + std::to_string(offset);
  const auto flat = randomBuffer<T>(offset + count, 1);
  double total = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double value = load(flat.data()[offset + i]);
    total += value * value;
  }
  const Buffer<double> expected(1);
  *expected.data() = total;
  const auto actual = inEveryOrder(name, [&] {
    using Kernel = SumOfSquaresKernel<T>;
    const int64_t blocks = Kernel::blocksFor(count);
    const Buffer<double> sums(blocks), sum(1);
    launch<Kernel>(blocks, {flat.data() + offset, sums.data(), count});
    launch<SumToScalarKernel<double, double>>(1, {sums.data(), sum.data(), blocks});
    return std::vector<Buffer<double>>{sum};
  });
  expectClose(name, actual[0], expected, 1e-12);
}

}  // namespace

void checkOptimizer() {
  using c10::BFloat16;
  const float infinite = std::numeric_limits<float>::infinity();
  checkAdamW<float, float>(3001, true, 0.5f);
  checkAdamW<float, BFloat16>(7, false, 0.5f);
  checkAdamW<BFloat16, float>(2056, false, infinite);
  checkAdamW<BFloat16, BFloat16>(3001, true, 0.5f);
  checkAdamW<BFloat16, BFloat16>(100, true, infinite);
  checkAdamWInPlace();
  checkSumOfSquares<float>(0, 0);
  checkSumOfSquares<float>(70'001, 3);
  checkSumOfSquares<double>(1, 1);
  checkSumOfSquares<BFloat16>(140'000, 0);
}

}  // namespace libbert::emulator
