// packed_linear(input, weight, bias, activation): a linear layer without gradients, whose weight pack_weight_ has put
// in the order in which it is read. A row's numbers are added up in one order, whatever rows lie beside it.
//
// A panel is the transposed weight of some outputs: [depth, columns]. bfloat16 lies in pairs along the depth, as its
// tiles take it, and in wider panels, since one reading of an input then serves more columns.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <string_view>

#include "activation.h"
#include "cpu_dispatch.h"
#include "element.h"
#include "small_gemm.h"

namespace libbert {
namespace {

using at::Tensor;

/** A block of rows that stays in the L2 cache while the panels pass by, and the columns that pass it in one task. */
constexpr int64_t blockBytes = 1 << 18, columnsPerTask = 4 * tileColumns;

/** What a tile reads of T at once, how many T that is, and the columns of a panel. */
template <typename T>
struct Packing {
  using Element = T;
  static constexpr int64_t perElement = 1, columns = tileColumns;
};

template <>
struct Packing<c10::BFloat16> {
  using Element = BFloat16Pair;
  static constexpr int64_t perElement = 2, columns = 2 * tileColumns;
};

template <typename T>
int64_t panelsOf(int64_t outputs) {
  return (outputs + Packing<T>::columns - 1) / Packing<T>::columns;
}

template <typename T>
struct PackedProduct {
  using Element = typename Packing<T>::Element;
  const Element *input, *panels;  // [rows, depth], [panels, depth, columns]
  const T* bias;                  // [outputs]
  T* output;                      // [rows, outputs]
  int64_t depth, outputs;

  const Element* panelAt(int64_t panel) const {
    return panels + panel * depth * Packing<T>::columns;
  }
  int64_t panelBytes() const {
    return depth * Packing<T>::columns * static_cast<int64_t>(sizeof(Element));
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
template <typename T, Activation activation>
struct PackedRows {
  using Product = PackedProduct<T>;
  static constexpr int64_t columns = Packing<T>::columns;

  template <typename Multiplication>
  struct With {
    template <int vectorBytes>
    static LIBBERT_INLINE void run(Product x, int64_t firstRow, int64_t lastRow, int64_t firstPanel,
                                   int64_t lastPanel) {
      using Tiles = Tile<typename Product::Element, vectorBytes, Multiplication>;
      const int64_t rows = lastRow - firstRow, tiles = (rows + Tiles::maxRows - 1) / Tiles::maxRows;
      const int64_t bytesPerStep = x.panelBytes() / x.depth / tiles;
      for (int64_t panel = firstPanel; panel < lastPanel; ++panel) {
        const char* next = reinterpret_cast<const char*>(x.panelAt(panel + 1));
        for (int64_t tile = 0; tile < tiles; ++tile) {
          const int64_t begin = firstRow + rows * tile / tiles, end = firstRow + rows * (tile + 1) / tiles;
          runTile<Tiles>(x, begin, end - begin, panel, {next + x.panelBytes() * tile / tiles, bytesPerStep});
        }
      }
    }
  };

  template <typename Tiles>
  static LIBBERT_INLINE void runTile(Product x, int64_t row, int64_t rows, int64_t panel, FetchAhead ahead) {
    float sums[Tiles::maxRows * columns];
    Tiles::template productOf<columns / tileColumns>(rows, {x.input + row * x.depth, x.depth, 1}, x.panelAt(panel),
                                                     columns, sums, columns, x.depth, false, ahead);
    const int64_t first = panel * columns, count = std::min(columns, x.outputs - first);
    for (int64_t i = 0; i < rows; ++i) {
      T* output = x.output + (row + i) * x.outputs + first;
#pragma omp simd
      for (int64_t k = 0; k < count; ++k) {
        store(output[k], activated<activation>(sums[i * columns + k] + load(x.bias[first + k])));
      }
    }
  }
};

template <typename T, Activation activation>
void runProduct(const PackedProduct<T>& product, int64_t rows) {
  using Kernel = PackedRows<T, activation>;
  using Element = typename PackedProduct<T>::Element;
  const int64_t rowBytes = static_cast<int64_t>(sizeof(Element)) * product.depth;
  const int64_t mostRows = std::max<int64_t>(1, blockBytes / rowBytes);
  const int64_t blocks = (rows + mostRows - 1) / mostRows;
  constexpr int64_t panelsPerTask = columnsPerTask / Packing<T>::columns;
  const int64_t panels = panelsOf<T>(product.outputs), groups = (panels + panelsPerTask - 1) / panelsPerTask;
  at::parallel_for(0, blocks * groups, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t block = task / groups, panel = task % groups * panelsPerTask;
      // Blocks of equal size: the last thread's are not to be smaller.
      runMultiplying<Element, Kernel::template With>(product, rows * block / blocks, rows * (block + 1) / blocks, panel,
                                                     std::min(panels, panel + panelsPerTask));
    }
  });
}

/** Calls run<T>() with the type of a weight, which is to be float32 or bfloat16. */
template <typename Run>
auto withType(const Tensor& weight, Run run) {
  if (weight.scalar_type() == at::kBFloat16) return run.template operator()<c10::BFloat16>();
  return run.template operator()<float>();
}

void checkWeight(const Tensor& weight) {
  TORCH_CHECK(weight.dim() == 2 && weight.numel() > 0 &&
                  (weight.scalar_type() == at::kFloat || weight.scalar_type() == at::kBFloat16),
              "Expected a float32 or bfloat16 matrix [O, I] for weight but received ", weight.scalar_type(), " ",
              weight.sizes());
  TORCH_CHECK(weight.scalar_type() == at::kFloat || weight.size(1) % 2 == 0,
              "Expected an even number of inputs of bfloat16 for weight but received ", weight.sizes());
}

/** The rows of a panel take as much memory packed as they did before, so that a whole weight is never there twice. */
Tensor packWeight(const Tensor& weight) {
  checkWeight(weight);
  return withType(weight, [&]<typename T>() {
    constexpr int64_t columns = Packing<T>::columns, perElement = Packing<T>::perElement;
    const int64_t outputs = weight.size(0), panels = panelsOf<T>(outputs), depth = weight.size(1) / perElement;
    Tensor packed = weight.contiguous();
    if (panels * columns > outputs) packed = at::constant_pad_nd(packed, {0, 0, 0, panels * columns - outputs});
    for (int64_t i = 0; i < panels; ++i) {
      const Tensor panel = packed.narrow(0, i * columns, columns);
      panel.copy_(panel.view({columns, depth, perElement}).transpose(0, 1).contiguous().view_as(panel));
    }
    return packed.view({panels, depth, columns * perElement});
  });
}

void checkPackedLinear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const auto type = weight.scalar_type();
  const bool isPair = type == at::kBFloat16;
  const int64_t columns = isPair ? Packing<c10::BFloat16>::columns : Packing<float>::columns;
  TORCH_CHECK(weight.dim() == 3 && weight.size(2) == (isPair ? 2 : 1) * columns && weight.is_contiguous() &&
                  (isPair || type == at::kFloat),
              "Expected what pack_weight_ gives for weight but received ", type, " ", weight.sizes());
  TORCH_CHECK(bias.dim() == 1 && bias.is_contiguous() && bias.scalar_type() == type &&
                  (bias.size(0) + columns - 1) / columns == weight.size(0),
              "Expected a vector of up to ", weight.size(0) * columns, " ", type, " for bias but received ",
              bias.scalar_type(), " ", bias.sizes());
  const int64_t inputs = weight.size(1) * (isPair ? 2 : 1);
  TORCH_CHECK(input.dim() == 2 && input.size(1) == inputs && input.scalar_type() == type, "Expected a matrix [T, ",
              inputs, "] of ", type, " for input but received ", input.scalar_type(), " ", input.sizes());
}

Tensor packedLinear(const Tensor& input, const Tensor& weight, const Tensor& bias, std::string_view activation) {
  checkPackedLinear(input, weight, bias);
  const Tensor rows = input.contiguous();
  Tensor output = at::empty({rows.size(0), bias.size(0)}, rows.options());
  withType(weight, [&]<typename T>() {
    using Element = typename Packing<T>::Element;
    const PackedProduct<T> product{reinterpret_cast<const Element*>(rows.const_data_ptr<T>()),
                                   reinterpret_cast<const Element*>(weight.const_data_ptr<T>()),
                                   bias.const_data_ptr<T>(),
                                   output.mutable_data_ptr<T>(),
                                   weight.size(1),
                                   bias.size(0)};
    withActivation(activationFromName(activation),
                   [&]<Activation chosen>() { runProduct<T, chosen>(product, rows.size(0)); });
  });
  return output;
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("pack_weight_", packWeight);
  m.impl("packed_linear", packedLinear);
}

}  // namespace libbert
