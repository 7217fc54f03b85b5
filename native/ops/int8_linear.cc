// int8_linear(input, weight, scales, bias, activation): a linear layer without gradients, in products of 8-bit
// integers, which take a quarter of the memory and run at two to four times the pace of float32. The products are
// oneDNN's.
//
// Each row of the input is quantised by its own range, so that what it gives is the same bit for bit whatever lies
// beside it; each row of the weight by its own largest number:
//
//   input[t] ~ inputScale[t] * (q[t] - zero[t])          q in 0..255
//   weight[o] ~ weightScale[o] * k[o]                    k in -limit..limit
//   output[t][o] = inputScale[t] * (weightScale[o] * sum(q[t] * k[o]) - zero[t] * weightScale[o] * sum(k[o])) + bias[o]

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/List.h>
#include <torch/library.h>

#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "activation.h"
#include "cpu_dispatch.h"
#include "find_operator.h"

namespace libbert {
namespace {

using at::Tensor;

constexpr float inputLimit = 255;
constexpr int64_t elementsPerTask = 1 << 14;

Tensor inOneDnnOrder(Tensor weight) {
  static const auto op = findOperator<Tensor(Tensor, std::optional<c10::List<int64_t>>)>("onednn::qlinear_prepack");
  return op.call(std::move(weight), std::nullopt);
}

/** input [T, I] of uint8, weight as inOneDnnOrder gives it, scales [O] -> [T, O] of float32 */
Tensor integerProduct(const Tensor& input, const Tensor& weight, const Tensor& scales) {
  using Arguments = c10::List<std::optional<at::Scalar>>;
  static const auto op =
      findOperator<Tensor(Tensor, double, int64_t, Tensor, Tensor, Tensor, std::optional<Tensor>, double, int64_t,
                          std::optional<at::ScalarType>, std::string_view, Arguments, std::string_view)>(
          "onednn::qlinear_pointwise");
  const Tensor zeros = at::zeros(scales.sizes(), at::kLong);
  return op.call(input, 1, 0, weight, scales, zeros, {}, 1, 0, at::kFloat, "none", Arguments(), "");
}

/**
 * The largest integer that a weight may hold. Processors without instructions for the purpose add two products of 8
 * bits in 16, where 255 * 127 * 2 is cut off without a word; 255 * 63 * 2 fits.
 */
int64_t weightLimit() {
  static const int64_t limit = [] {
    const Tensor largest = at::full({64, 1024}, 127, at::kChar), input = at::full({64, 1024}, inputLimit, at::kByte);
    const Tensor product = integerProduct(input, inOneDnnOrder(largest), at::ones({64}));
    return product.eq(1024 * 255 * 127).all().item<bool>() ? 127 : 63;
  }();
  return limit;
}

/** Rows whose numbers are all smaller count as zeros: their scales have no inverse. */
constexpr float smallestRange = 1e-30;

Tensor inverseOf(const Tensor& scale) {
  return at::where(scale < smallestRange, 0, scale.reciprocal());
}

/** weight [O, I] -> the integers in oneDNN's order, and [2, O]: their scales, and the scaled sums of their rows. */
std::tuple<Tensor, Tensor> quantizeWeight(const Tensor& weight) {
  TORCH_CHECK(weight.dim() == 2 && weight.numel() > 0 && weight.scalar_type() == at::kFloat && weight.is_cpu(),
              "Expected a float32 matrix [O, I] on the CPU for weight but received ", weight.scalar_type(), " ",
              weight.sizes(), " on ", weight.device());
  const Tensor scale = weight.abs().amax(1) / weightLimit();
  const Tensor integers = (weight * inverseOf(scale).unsqueeze(1)).round();
  return {inOneDnnOrder(integers.to(at::kChar).contiguous()), at::stack({scale, integers.sum(1) * scale})};
}

/**
 * The scale and the zero point of a row. A row with a number that is not finite, or whose range is not, has a scale
 * that is not a number.
 */
struct RowRange {
  float scale, zero;
};

struct QuantiseRows {
  template <int>
  static LIBBERT_INLINE void run(const float* input, uint8_t* output, RowRange* ranges, int64_t begin, int64_t end,
                                 int64_t width) {
    for (int64_t row = begin; row < end; ++row) {
      const float* x = input + row * width;
      ranges[row] = rangeOf(x, width);
      const float inverse = 1 / ranges[row].scale, toNearest = ranges[row].zero + 0.5f;
      uint8_t* q = output + row * width;
#pragma omp simd
      for (int64_t i = 0; i < width; ++i) {
        const float shifted = x[i] * inverse + toNearest;
        q[i] = static_cast<uint8_t>(static_cast<int32_t>(shifted > inputLimit ? inputLimit : shifted));
      }
    }
  }

  static LIBBERT_INLINE RowRange rangeOf(const float* x, int64_t width) {
    float least = 0, largest = 0, nothing = 0;
#pragma omp simd reduction(min : least) reduction(max : largest) reduction(+ : nothing)
    for (int64_t i = 0; i < width; ++i) {
      least = x[i] < least ? x[i] : least;
      largest = x[i] > largest ? x[i] : largest;
      nothing += x[i] * 0;  // NaN for what is not finite
    }
    const float range = largest - least;
    if (!(range > smallestRange) || !std::isfinite(range)) return {1 + range * 0 + nothing, 0};
    const float scale = range / inputLimit;
    return {scale + nothing, std::nearbyint(-least / scale)};
  }
};

/** What is left to do with the products of integers, in place. */
template <Activation activation>
struct FinishRows {
  template <int>
  static LIBBERT_INLINE void run(float* products, const RowRange* ranges, const float* weightSums, const float* bias,
                                 int64_t begin, int64_t end, int64_t width) {
    for (int64_t row = begin; row < end; ++row) {
      float* y = products + row * width;
      const RowRange range = ranges[row];
#pragma omp simd
      for (int64_t o = 0; o < width; ++o) {
        y[o] = activated<activation>(range.scale * (y[o] - range.zero * weightSums[o]) + bias[o]);
      }
    }
  }
};

template <Activation activation>
void finish(float* products, const std::vector<RowRange>& ranges, const float* weightSums, const float* bias,
            int64_t width) {
  const auto rows = static_cast<int64_t>(ranges.size());
  at::parallel_for(0, rows, elementsPerTask / width + 1, [&](int64_t begin, int64_t end) {
    runKernel<FinishRows<activation>>(products, ranges.data(), weightSums, bias, begin, end, width);
  });
}

/** oneDNN compiles a kernel for each number of rows: batches of nearly the same length are to share one. */
int64_t roundedRows(int64_t rows) {
  const int64_t multiple = rows <= 64 ? 8 : rows <= 256 ? 64 : rows <= 1024 ? 128 : 256;
  return (rows + multiple - 1) / multiple * multiple;
}

void checkInt8Linear(const Tensor& input, const Tensor& weight, const Tensor& scales, const Tensor& bias) {
  TORCH_CHECK(weight.is_mkldnn() && weight.scalar_type() == at::kChar && weight.dim() == 2,
              "Expected what quantize_weight gives for weight but received ", weight.scalar_type(), " ",
              weight.sizes());
  TORCH_CHECK(
      bias.dim() == 1 && bias.size(0) == weight.size(1) && bias.is_contiguous() && bias.scalar_type() == at::kFloat,
      "Expected a float32 vector [", weight.size(1), "] for bias but received ", bias.scalar_type(), " ", bias.sizes());
  TORCH_CHECK(scales.dim() == 2 && scales.size(0) == 2 && scales.size(1) == bias.size(0) && scales.is_contiguous() &&
                  scales.scalar_type() == at::kFloat,
              "Expected a float32 matrix [2, ", bias.size(0), "] for scales but received ", scales.scalar_type(), " ",
              scales.sizes());
  TORCH_CHECK(input.dim() == 2 && input.size(1) == weight.size(0) && input.scalar_type() == at::kFloat,
              "Expected a float32 matrix [T, ", weight.size(0), "] for input but received ", input.scalar_type(), " ",
              input.sizes());
}

Tensor int8Linear(const Tensor& input, const Tensor& weight, const Tensor& scales, const Tensor& bias,
                  std::string_view activation) {
  checkInt8Linear(input, weight, scales, bias);
  const int64_t rows = input.size(0), depth = input.size(1), outputs = bias.size(0);
  if (rows == 0) return at::empty({0, outputs}, input.options());
  const Tensor x = input.contiguous();
  Tensor quantised = at::empty({roundedRows(rows), depth}, x.options().dtype(at::kByte));
  quantised.narrow(0, rows, quantised.size(0) - rows).zero_();
  std::vector<RowRange> ranges(rows);
  at::parallel_for(0, rows, elementsPerTask / depth + 1, [&](int64_t begin, int64_t end) {
    runKernel<QuantiseRows>(x.const_data_ptr<float>(), quantised.mutable_data_ptr<uint8_t>(), ranges.data(), begin, end,
                            depth);
  });

  Tensor products = integerProduct(quantised, weight, scales[0]);
  auto* const data = products.mutable_data_ptr<float>();
  const float *const sums = scales.const_data_ptr<float>() + outputs, *const b = bias.const_data_ptr<float>();
  withActivation(activationFromName(activation),
                 [&]<Activation chosen>() { finish<chosen>(data, ranges, sums, b, outputs); });
  return products.narrow(0, 0, rows);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("quantize_weight", quantizeWeight);
  m.impl("int8_linear", int8Linear);
}

}  // namespace libbert
