// encoder_layers: the layers of a post-norm encoder (Vaswani et al., 2017; Devlin et al., 2019) in one call, for
// prediction: without gradients and without dropout. A short text costs less to compute than to call a hundred operators
// for. Written with libbert's operators, so that it serves every device.

#include <ATen/ATen.h>
#include <torch/library.h>

#include <string_view>
#include <tuple>
#include <vector>

#include "activation.h"
#include "find_operator.h"

namespace libbert {
namespace {

using at::Tensor;

/** The parameters of a layer, in the order in which the operator takes them. */
struct Layer {
  static constexpr size_t count = 12;

  Tensor queryKeyValueWeight, queryKeyValueBias, attentionWeight, attentionBias, attentionNormWeight, attentionNormBias;
  Tensor intermediateWeight, intermediateBias, outputWeight, outputBias, outputNormWeight, outputNormBias;

  explicit Layer(at::TensorList p)
      : queryKeyValueWeight(p[0]),
        queryKeyValueBias(p[1]),
        attentionWeight(p[2]),
        attentionBias(p[3]),
        attentionNormWeight(p[4]),
        attentionNormBias(p[5]),
        intermediateWeight(p[6]),
        intermediateBias(p[7]),
        outputWeight(p[8]),
        outputBias(p[9]),
        outputNormWeight(p[10]),
        outputNormBias(p[11]) {}
};

/** What all layers have in common. */
struct Batch {
  const Tensor& cuSeqlens;
  int64_t maxSeqlen, heads;
  double eps;
  bool causal;
};

/** In place. */
void activate(Tensor& x, std::string_view name) {
  switch (activationFromName(name)) {
    case Activation::none:
      break;
    case Activation::gelu:
      at::gelu_(x);
      break;
    case Activation::geluTanh:
      at::gelu_(x, "tanh");
      break;
    case Activation::relu:
      at::relu_(x);
      break;
  }
}

/** A weight that pack_weight made has three dimensions. */
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias, std::string_view activation = "none") {
  static const auto packed =
      findOperator<Tensor(const Tensor&, const Tensor&, const Tensor&, std::string_view)>("libbert::packed_linear");
  static const auto plain =
      findOperator<Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&)>("libbert::linear");
  if (weight.dim() == 3) return packed.call(input, weight, bias, activation);
  Tensor output = plain.call(input, weight, bias);
  activate(output, activation);
  return output;
}

Tensor attention(const Tensor& qkv, const Batch& batch) {
  static const auto op = findOperator<Tensor(const Tensor&, const Tensor&, int64_t, int64_t, double, int64_t,
                                             const std::optional<Tensor>&, bool)>("libbert::varlen_attention");
  return op.call(qkv, batch.cuSeqlens, batch.maxSeqlen, batch.heads, 0, 0, {}, batch.causal);
}

Tensor addAndNormalise(const Tensor& input, const Tensor& residual, const Tensor& weight, const Tensor& bias,
                       const Batch& batch) {
  static const auto op = findOperator<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, double, double,
                                             int64_t, const std::optional<Tensor>&)>("libbert::dropout_add_layer_norm");
  return op.call(input, residual, weight, bias, batch.eps, 0, 0, {});
}

Tensor runLayer(const Layer& layer, const Tensor& hidden, std::string_view activation, const Batch& batch) {
  const Tensor qkv = linear(hidden, layer.queryKeyValueWeight, layer.queryKeyValueBias);
  const Tensor attended = linear(attention(qkv, batch), layer.attentionWeight, layer.attentionBias);
  const Tensor middle = addAndNormalise(attended, hidden, layer.attentionNormWeight, layer.attentionNormBias, batch);
  const Tensor wide = linear(middle, layer.intermediateWeight, layer.intermediateBias, activation);
  const Tensor narrow = linear(wide, layer.outputWeight, layer.outputBias);
  return addAndNormalise(narrow, middle, layer.outputNormWeight, layer.outputNormBias, batch);
}

std::vector<Tensor> encoderLayers(const Tensor& hidden, const Tensor& cuSeqlens, int64_t maxSeqlen,
                                  at::TensorList parameters, int64_t heads, std::string_view activation, double eps,
                                  bool causal) {
  TORCH_CHECK(parameters.size() % Layer::count == 0, "Expected ", Layer::count,
              " tensors a layer for parameters but received ", parameters.size());
  at::NoGradGuard guard;
  const Batch batch{cuSeqlens, maxSeqlen, heads, eps, causal};
  std::vector<Tensor> outputs;
  for (size_t first = 0; first < parameters.size(); first += Layer::count) {
    const Layer layer(parameters.slice(first, Layer::count));
    outputs.push_back(runLayer(layer, outputs.empty() ? hidden : outputs.back(), activation, batch));
  }
  return outputs;
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("encoder_layers", encoderLayers);
}

}  // namespace libbert
