// packed_linear(input, weight, bias): a linear layer without gradients, whose weight pack_weight has put in the order in
// which it is read. A row's numbers are added up in one order, whatever rows lie beside it.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>

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
};

/** The outputs of some rows and panels. */
struct PackedRows {
  template <int vectorBytes>
  static LIBBERT_INLINE void run(PackedProduct x, int64_t firstRow, int64_t lastRow, int64_t firstPanel,
                                 int64_t lastPanel) {
    using Tiles = Tile<float, vectorBytes>;
    const int64_t rows = lastRow - firstRow, tiles = (rows + Tiles::maxRows - 1) / Tiles::maxRows;
    for (int64_t panel = firstPanel; panel < lastPanel; ++panel) {
      const int64_t column = panel * tileColumns;
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t begin = firstRow + rows * tile / tiles, end = firstRow + rows * (tile + 1) / tiles;
        runTile<Tiles>(x, begin, end - begin, column);
      }
    }
  }

  template <typename Tiles>
  static LIBBERT_INLINE void runTile(PackedProduct x, int64_t row, int64_t rows, int64_t column) {
    float sums[Tiles::maxRows * tileColumns];
    Tiles::productOf(rows, {x.input + row * x.depth, x.depth, 1}, x.panels + column * x.depth, tileColumns, sums,
                     tileColumns, x.depth, false);
    const int64_t columns = std::min(tileColumns, x.outputs - column);
    for (int64_t i = 0; i < rows; ++i) {
      float* output = x.output + (row + i) * x.outputs + column;
#pragma omp simd
      for (int64_t k = 0; k < columns; ++k) output[k] = sums[i * tileColumns + k] + x.bias[column + k];
    }
  }
};

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

Tensor packedLinear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  checkPackedLinear(input, weight, bias);
  const Tensor rows = input.contiguous();
  const int64_t count = rows.size(0), depth = rows.size(1), outputs = bias.size(0);
  Tensor output = at::empty({count, outputs}, rows.options());
  const PackedProduct product{rows.const_data_ptr<float>(),
                              weight.const_data_ptr<float>(),
                              bias.const_data_ptr<float>(),
                              output.mutable_data_ptr<float>(),
                              depth,
                              outputs};
  const int64_t rowsPerBlock = std::max<int64_t>(12, blockBytes / (sizeof(float) * depth) / 12 * 12);
  const int64_t blocks = (count + rowsPerBlock - 1) / rowsPerBlock;
  const int64_t panels = weight.size(0), groups = (panels + panelsPerTask - 1) / panelsPerTask;
  at::parallel_for(0, blocks * groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task / groups * rowsPerBlock, panel = task % groups * panelsPerTask;
      runKernel<PackedRows>(product, row, std::min(count, row + rowsPerBlock), panel,
                            std::min(panels, panel + panelsPerTask));
    }
  });
  return output;
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("pack_weight", packWeight);
  m.impl("packed_linear", packedLinear);
}

}  // namespace libbert
