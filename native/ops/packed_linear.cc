// packed_linear(input, weight, bias, activation): a linear layer without gradients, whose weight pack_weight has put in
// the order in which it is read. A row's numbers are added up in one order, whatever rows lie beside it.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <string_view>

#include "activation.h"
#include "cpu_dispatch.h"
#include "small_gemm.h"

namespace libbert {
namespace {

using at::Tensor;

/** A block of rows that stays in the L2 cache while the panels pass by, and the panels that pass it in one task. */
constexpr int64_t blockBytes = 1 << 18, panelsPerTask = 4;

int64_t panelsOf(int64_t outputs) {
  return paddedColumns(outputs) / tileColumns;
}

struct PackedProduct {
  const float *input, *panels, *bias;  // [rows, depth], [panels, depth, 16], [outputs]
  float* output;                       // [rows, outputs]
  int64_t depth, outputs;

  const float* panelOf(int64_t column) const {
    return panels + column * depth;
  }
  int64_t panelBytes() const {
    return depth * tileColumns * static_cast<int64_t>(sizeof(float));
  }
};

/**
 * Fetches part of the next panel while a tile of this one is computed. For a short text, a panel takes as long to come
 * from memory as to compute with, and the processor would do one after the other.
 */
struct FetchAhead {
  const char* start;
  int64_t bytesPerStep;

  LIBBERT_INLINE void operator()(int64_t step) const {
    __builtin_prefetch(start + step * bytesPerStep, /*write=*/0, /*locality=*/2);
  }
};

/** The outputs of some rows and panels. */
template <Activation activation>
struct PackedRows {
  template <int vectorBytes>
  static LIBBERT_INLINE void run(PackedProduct x, int64_t firstRow, int64_t lastRow, int64_t firstPanel,
                                 int64_t lastPanel) {
    using Tiles = Tile<float, vectorBytes>;
    const int64_t rows = lastRow - firstRow, tiles = (rows + Tiles::maxRows - 1) / Tiles::maxRows;
    const int64_t bytesPerStep = x.panelBytes() / x.depth / tiles;
    for (int64_t panel = firstPanel; panel < lastPanel; ++panel) {
      const int64_t column = panel * tileColumns;
      const char* next = reinterpret_cast<const char*>(x.panelOf(column + tileColumns));
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t begin = firstRow + rows * tile / tiles, end = firstRow + rows * (tile + 1) / tiles;
        runTile<Tiles>(x, begin, end - begin, column, {next + x.panelBytes() * tile / tiles, bytesPerStep});
      }
    }
  }

  template <typename Tiles>
  static LIBBERT_INLINE void runTile(PackedProduct x, int64_t row, int64_t rows, int64_t column, FetchAhead ahead) {
    float sums[Tiles::maxRows * tileColumns];
    Tiles::productOf(rows, {x.input + row * x.depth, x.depth, 1}, x.panelOf(column), tileColumns, sums, tileColumns,
                     x.depth, false, ahead);
    const int64_t columns = std::min(tileColumns, x.outputs - column);
    for (int64_t i = 0; i < rows; ++i) {
      float* output = x.output + (row + i) * x.outputs + column;
#pragma omp simd
      for (int64_t k = 0; k < columns; ++k) {
        output[k] = activated<activation>(sums[i * tileColumns + k] + x.bias[column + k]);
      }
    }
  }
};

template <Activation activation>
void runProduct(const PackedProduct& product, int64_t rows) {
  const int64_t rowsPerBlock = std::max<int64_t>(12, blockBytes / (sizeof(float) * product.depth) / 12 * 12);
  const int64_t blocks = (rows + rowsPerBlock - 1) / rowsPerBlock;
  const int64_t panels = panelsOf(product.outputs), groups = (panels + panelsPerTask - 1) / panelsPerTask;
  at::parallel_for(0, blocks * groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task / groups * rowsPerBlock, panel = task % groups * panelsPerTask;
      runKernel<PackedRows<activation>>(product, row, std::min(rows, row + rowsPerBlock), panel,
                                        std::min(panels, panel + panelsPerTask));
    }
  });
}

Tensor packWeight(const Tensor& weight) {
  TORCH_CHECK(weight.dim() == 2 && weight.numel() > 0 && weight.scalar_type() == at::kFloat,
              "Expected a float32 matrix [O, I] for weight but received ", weight.scalar_type(), " ", weight.sizes());
  const int64_t outputs = weight.size(0), panels = panelsOf(outputs);
  Tensor padded = weight;
  if (panels * tileColumns > outputs) {
    padded = at::constant_pad_nd(weight, {0, 0, 0, panels * tileColumns - outputs});
  }
  return padded.view({panels, tileColumns, weight.size(1)}).transpose(1, 2).contiguous();
}

void checkPackedLinear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  TORCH_CHECK(weight.dim() == 3 && weight.size(2) == tileColumns && weight.is_contiguous() &&
                  weight.scalar_type() == at::kFloat,
              "Expected what pack_weight gives for weight but received ", weight.scalar_type(), " ", weight.sizes());
  TORCH_CHECK(bias.dim() == 1 && bias.is_contiguous() && bias.scalar_type() == at::kFloat &&
                  panelsOf(bias.size(0)) == weight.size(0),
              "Expected a float32 vector of up to ", weight.size(0) * tileColumns, " for bias but received ",
              bias.scalar_type(), " ", bias.sizes());
  TORCH_CHECK(input.dim() == 2 && input.size(1) == weight.size(1) && input.scalar_type() == at::kFloat,
              "Expected a float32 matrix [T, ", weight.size(1), "] for input but received ", input.scalar_type(), " ",
              input.sizes());
}

Tensor packedLinear(const Tensor& input, const Tensor& weight, const Tensor& bias, std::string_view activation) {
  checkPackedLinear(input, weight, bias);
  const Tensor rows = input.contiguous();
  Tensor output = at::empty({rows.size(0), bias.size(0)}, rows.options());
  const PackedProduct product{rows.const_data_ptr<float>(),
                              weight.const_data_ptr<float>(),
                              bias.const_data_ptr<float>(),
                              output.mutable_data_ptr<float>(),
                              rows.size(1),
                              bias.size(0)};
  withActivation(activationFromName(activation),
                 [&]<Activation chosen>() { runProduct<chosen>(product, rows.size(0)); });
  return output;
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("pack_weight", packWeight);
  m.impl("packed_linear", packedLinear);
}

}  // namespace libbert
