// Dropout, addition and layer normalisation: the kernels for GPUs against those for CPUs.

#include "../../../native/cuda/kernels/layer_norm_backward.h"
#include "../../../native/cuda/kernels/layer_norm_forward.h"
#include "../../../native/cuda/kernels/sum_partials.h"
#include "../../../native/ops/layer_norm_kernels.h"
#include "checking.h"

namespace libbert::emulator {
namespace {

template <typename T>
struct Case {
  using A = Accumulate<T>;
  int64_t rows;
  int width;
  double p;
  std::vector<int64_t> ids;
  int64_t key = 7;
  DropoutMask mask;
  std::string name;
  Buffer<T> input, residual, grad, weight, bias;

  Case(int64_t rows, int width, double p)
      : rows(rows),
        width(width),
        p(p),
        ids(rows),
        mask(p, key, nullptr),
        name(std::string(nameOf<T>) + " [" + std::to_string(rows) + ", " + std::to_string(width) + "] p " +
             std::to_string(p)),
        input(randomBuffer<T>(rows * width, 1)),
        residual(randomBuffer<T>(rows * width, 2)),
        grad(randomBuffer<T>(rows * width, 3)),
        weight(randomBuffer<T>(width, 4)),
        bias(randomBuffer<T>(width, 5)) {
    for (int64_t i = 0; i < rows; ++i) ids[i] = (rows - i) * 1'000'003 + (i % 3 << 33);
    mask = DropoutMask(p, key, ids.data());
  }

  RowDropout dropout() const {
    return {p, &key, ids.data()};
  }
};

template <typename T>
struct Forward {
  Buffer<T> sum, output;
  Buffer<Accumulate<T>> mean, rstd;

  explicit Forward(const Case<T>& c) : sum(c.rows * c.width), output(c.rows * c.width), mean(c.rows), rstd(c.rows) {}
};

template <typename T>
Forward<T> forwardOnCpu(const Case<T>& c) {
  Forward<T> f(c);
  const NormalisedRows<T> rows{c.weight.data(), c.bias.data(), f.sum.data(), f.output.data(),
                               f.mean.data(),   f.rstd.data(), c.width,      1e-12};
  LayerNormForward<T>::template run<16>(rows, c.input.data(), c.residual.data(), 0, c.rows, c.p > 0, c.mask);
  return f;
}

template <typename T>
Forward<T> forwardEmulated(const Case<T>& c) {
  Forward<T> f(c);
  using Kernel = LayerNormForwardKernel<T>;
  launch<Kernel>(blocksOfRows(c.rows),
                 {c.input.data(),
                  c.residual.data(),
                  f.sum.data(),
                  {c.weight.data(), c.bias.data(), f.output.data(), f.mean.data(), f.rstd.data(), c.width, 1e-12},
                  c.rows,
                  c.dropout()});
  return f;
}

template <typename T>
struct Backward {
  Buffer<T> gradSum, gradInput, gradParameters;  // of weight, then of bias

  explicit Backward(const Case<T>& c)
      : gradSum(c.rows * c.width),
        gradInput(c.p > 0 ? Buffer<T>(c.rows * c.width) : gradSum),
        gradParameters(2 * c.width) {}
};

template <typename T>
Backward<T> backwardOnCpu(const Case<T>& c, const Forward<T>& f) {
  Backward<T> b(c);
  const LayerNormGradRows<T> rows{c.grad.data(),
                                  f.sum.data(),
                                  c.weight.data(),
                                  f.mean.data(),
                                  f.rstd.data(),
                                  b.gradSum.data(),
                                  b.gradInput.data(),
                                  b.gradParameters.data(),
                                  b.gradParameters.data() + c.width,
                                  c.rows,
                                  c.width};
  LayerNormBackward<T>::template run<16>(rows, 0, c.rows, c.p > 0, c.mask);
  for (int column = 0; column < c.width; column += stripWidth) {
    LayerNormParameterGradients<T>::template run<16>(rows, column);
  }
  return b;
}

template <typename T>
Backward<T> backwardEmulated(const Case<T>& c, const Forward<T>& f) {
  Backward<T> b(c);
  using Kernel = LayerNormBackwardKernel<T>;
  const int64_t blocks = Kernel::blocksFor(c.rows);
  Buffer<Accumulate<T>> partials(blocks * 2 * c.width);
  launch<Kernel>(blocks, {c.grad.data(), f.sum.data(), c.weight.data(), f.mean.data(), f.rstd.data(), b.gradSum.data(),
                          b.gradInput.data(), partials.data(), c.rows, c.width, c.dropout()});
  launch<SumPartialsKernel<T>>(SumPartialsKernel<T>::blocksFor(2 * c.width),
                               {partials.data(), b.gradParameters.data(), blocks, 2 * c.width});
  return b;
}

template <typename T>
void checkCase(const Case<T>& c) {
  const Forward<T> expected = forwardOnCpu(c);
  using Buffers = std::vector<Buffer<T>>;
  const Buffers outputs = inEveryOrder(c.name, [&] {
    const Forward<T> f = forwardEmulated(c);
    return Buffers{f.sum, f.output};
  });
  expectSame("layer norm forward " + c.name + " sum", outputs[0], expected.sum);
  expectClose("layer norm forward " + c.name + " output", outputs[1], expected.output, rounding<T>);
  const Forward<T> statistics = forwardEmulated(c);
  expectClose("layer norm forward " + c.name + " mean", statistics.mean, expected.mean, rounding<Accumulate<T>>);
  expectClose("layer norm forward " + c.name + " rstd", statistics.rstd, expected.rstd, rounding<Accumulate<T>>);

  const Backward<T> gradients = backwardOnCpu(c, expected);
  const Buffers actual = inEveryOrder(c.name, [&] {
    const Backward<T> b = backwardEmulated(c, expected);
    return Buffers{b.gradSum, b.gradInput, b.gradParameters};
  });
  expectClose("layer norm backward " + c.name + " sum", actual[0], gradients.gradSum, rounding<T>);
  expectClose("layer norm backward " + c.name + " input", actual[1], gradients.gradInput, rounding<T>);
  expectClose("layer norm backward " + c.name + " parameters", actual[2], gradients.gradParameters, rounding<T>);
}

template <typename T>
void checkType() {
  for (const auto& [rows, width] : {std::pair<int64_t, int>{1, 8}, {5, 24}, {61, 312}, {18, widestRow<T>}}) {
    for (const double p : {0.0, 0.3}) checkCase(Case<T>(rows, width, p));
  }
}

}  // namespace

void checkLayerNorm() {
  checkType<float>();
  checkType<double>();
  checkType<c10::BFloat16>();
}

}  // namespace libbert::emulator
