// encoder_layers: the layers of a post-norm encoder (Vaswani et al., 2017; Devlin et al., 2019) in one call, for
// prediction: without gradients and without dropout. A short text costs less to compute than to call a hundred
// operators for. Written with libbert's operators, so that it serves every device.

#include <ATen/ATen.h>
#include <torch/library.h>

#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "activation.h"
#include "find_operator.h"
#include "gelu.h"

namespace libbert {
namespace {

using at::Tensor;

/** A linear layer: its weight as it is, as pack_weight_ gives it, or as quantize_weight does, with scales. */
struct Linear {
  Tensor weight, bias, scales;
};

struct Norm {
  Tensor weight, bias;
};

struct Layer {
  static constexpr size_t parameterCount = 12, scaleCount = 4;

  Linear queryKeyValue, attentionOutput;
  Norm attentionNorm;
  Linear intermediate, output;
  Norm outputNorm;

  /** @param p in the order in which the operator takes them. @param s none, or four */
  Layer(at::TensorList p, at::TensorList s)
      : queryKeyValue{p[0], p[1], scalesAt(s, 0)},
        attentionOutput{p[2], p[3], scalesAt(s, 1)},
        attentionNorm{p[4], p[5]},
        intermediate{p[6], p[7], scalesAt(s, 2)},
        output{p[8], p[9], scalesAt(s, 3)},
        outputNorm{p[10], p[11]} {}

  static Tensor scalesAt(at::TensorList scales, size_t index) {
    return scales.empty() ? Tensor() : scales[index];
  }
};

/** What all layers have in common. */
struct Batch {
  const Tensor& cuSeqlens;
  int64_t maxSeqlen, heads;
  double eps;
  bool causal;
};

Tensor activate(const Tensor& x, std::string_view name) {
  switch (activationFromName(name)) {
    case Activation::gelu:
      return gelu(x, false);
    case Activation::geluTanh:
      return gelu(x, true);
    case Activation::relu:
      return at::relu(x);
    default:
      return x;
  }
}

Tensor linear(const Tensor& input, const Linear& layer, std::string_view activation = "none") {
  static const auto packed =
      findOperator<Tensor(const Tensor&, const Tensor&, const Tensor&, std::string_view)>("libbert::packed_linear");
  static const auto int8 =
      findOperator<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, std::string_view)>(
          "libbert::int8_linear");
  static const auto plain =
      findOperator<Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&)>("libbert::linear");
  const bool isPacked = layer.weight.dim() == 3;
  TORCH_CHECK(!isPacked || !layer.scales.defined(), "Expected no scales of a packed weight");
  if (isPacked) return packed.call(input, layer.weight, layer.bias, activation);
  if (layer.scales.defined()) return int8.call(input, layer.weight, layer.scales, layer.bias, activation);
  return activate(plain.call(input, layer.weight, layer.bias), activation);
}

Tensor attention(const Tensor& qkv, const Batch& batch) {
  static const auto op =
      findOperator<Tensor(const Tensor&, const Tensor&, int64_t, int64_t, double, const std::optional<Tensor>&,
                          const std::optional<at::Generator>&, const std::optional<Tensor>&, bool)>(
          "libbert::varlen_attention");
  return op.call(qkv, batch.cuSeqlens, batch.maxSeqlen, batch.heads, 0, {}, {}, {}, batch.causal);
}

Tensor addAndNormalise(const Tensor& input, const Tensor& residual, const Norm& norm, const Batch& batch) {
  static const auto op = findOperator<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, double, double,
                                             const std::optional<Tensor>&, const std::optional<Tensor>&)>(
      "libbert::dropout_add_layer_norm");
  return op.call(input, residual, norm.weight, norm.bias, batch.eps, 0, {}, {});
}

/** @param tokens the rows to compute. Default: all */
Tensor runLayer(const Layer& layer, const Tensor& hidden, std::string_view activation, const Batch& batch,
                const std::optional<Tensor>& tokens) {
  const auto own = [&](const Tensor& rows) { return tokens ? rows.index_select(0, *tokens) : rows; };
  const Tensor qkv = linear(hidden, layer.queryKeyValue);
  const Tensor attended = linear(own(attention(qkv, batch)), layer.attentionOutput);
  const Tensor middle = addAndNormalise(attended, own(hidden), layer.attentionNorm, batch);
  const Tensor wide = linear(middle, layer.intermediate, activation);
  return addAndNormalise(linear(wide, layer.output), middle, layer.outputNorm, batch);
}

std::vector<Tensor> encoderLayers(const Tensor& hidden, const Tensor& cuSeqlens, int64_t maxSeqlen,
                                  at::TensorList parameters, at::TensorList scales, int64_t heads,
                                  std::string_view activation, double eps, bool causal,
                                  const std::optional<Tensor>& outputTokens) {
  TORCH_CHECK(parameters.size() % Layer::parameterCount == 0, "Expected ", Layer::parameterCount,
              " tensors a layer for parameters but received ", parameters.size());
  const size_t layers = parameters.size() / Layer::parameterCount;
  TORCH_CHECK(scales.empty() || scales.size() == layers * Layer::scaleCount, "Expected none, or ", Layer::scaleCount,
              " tensors a layer, for scales but received ", scales.size());
  at::NoGradGuard guard;
  const Batch batch{cuSeqlens, maxSeqlen, heads, eps, causal};
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < layers; ++i) {
    const Layer layer(parameters.slice(i * Layer::parameterCount, Layer::parameterCount),
                      scales.empty() ? scales : scales.slice(i * Layer::scaleCount, Layer::scaleCount));
    const auto tokens = i + 1 == layers ? outputTokens : std::nullopt;
    outputs.push_back(runLayer(layer, outputs.empty() ? hidden : outputs.back(), activation, batch, tokens));
  }
  return outputs;
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("encoder_layers", encoderLayers);
}

}  // namespace libbert
