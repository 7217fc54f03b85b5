#include "../ops/find_operator.h"
#include "generator_handle.h"
#include "op_table.h"

namespace libbert {
namespace {

using at::Tensor;

void addBertOperators(OpTable& ops) {
  ops.add("linear(x, weight, bias)", [](const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
    static const auto op =
        findOperator<Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&)>("libbert::linear");
    return op.call(x, weight, bias);
  });
  ops.add("linearGelu(x, weight, bias, tanh)",
          [](const Tensor& x, const Tensor& weight, const Tensor& bias, bool tanh) {
            static const auto op =
                findOperator<Tensor(const Tensor&, const Tensor&, const Tensor&, bool)>("libbert::linear_gelu");
            return op.call(x, weight, bias, tanh);
          });
  ops.add("linearWithResidual(x, weight, bias)",
          [](const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias) {
            static const auto op = findOperator<std::tuple<Tensor, Tensor>(
                const Tensor&, const Tensor&, const std::optional<Tensor>&)>("libbert::linear_with_residual");
            return op.call(x, weight, bias);
          });
  ops.add("linearGeluWithResidual(x, weight, bias, tanh)",
          [](const Tensor& x, const Tensor& weight, const Tensor& bias, bool tanh) {
            static const auto op =
                findOperator<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, const Tensor&, bool)>(
                    "libbert::linear_gelu_with_residual");
            return op.call(x, weight, bias, tanh);
          });
  ops.add("embedding(weight, ids, paddingId)", [](const Tensor& weight, const Tensor& ids, int64_t paddingId) {
    static const auto op = findOperator<Tensor(const Tensor&, const Tensor&, int64_t)>("libbert::embedding");
    return op.call(weight, ids, paddingId);
  });
  ops.add(
      "bertEmbeddings(words, wordIds, paddingId, positions, positionIds, segments, segmentIds, weight, bias, eps, p, "
      "key, rowIds)",
      [](const Tensor& words, const Tensor& wordIds, int64_t paddingId, const Tensor& positions,
         const Tensor& positionIds, const std::optional<Tensor>& segments, const std::optional<Tensor>& segmentIds,
         const Tensor& weight, const Tensor& bias, double eps, double p, const std::optional<Tensor>& key,
         const std::optional<Tensor>& rowIds) {
        static const auto op = findOperator<Tensor(
            const Tensor&, const Tensor&, int64_t, const Tensor&, const Tensor&, const std::optional<Tensor>&,
            const std::optional<Tensor>&, const Tensor&, const Tensor&, double, double, const std::optional<Tensor>&,
            const std::optional<Tensor>&)>("libbert::bert_embeddings");
        return op.call(words, wordIds, paddingId, positions, positionIds, segments, segmentIds, weight, bias, eps, p,
                       key, rowIds);
      });
  ops.add("dropout(x, p, key, rowIds)",
          [](const Tensor& x, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
            static const auto op =
                findOperator<Tensor(const Tensor&, double, const std::optional<Tensor>&, const std::optional<Tensor>&)>(
                    "libbert::dropout");
            return op.call(x, p, key, rowIds);
          });
  ops.add("dropoutAddLayerNorm(x, residual, weight, bias, eps, p, key, rowIds)",
          [](const Tensor& x, const Tensor& residual, const Tensor& weight, const Tensor& bias, double eps, double p,
             const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
            static const auto op =
                findOperator<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, double, double,
                                    const std::optional<Tensor>&, const std::optional<Tensor>&)>(
                    "libbert::dropout_add_layer_norm");
            return op.call(x, residual, weight, bias, eps, p, key, rowIds);
          });
  ops.add(
      "varlenAttention(qkv, cuSeqlens, maxSeqlen, numHeads, dropoutP, key, generator, rowIds, causal)",
      [](const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t numHeads, double dropoutP,
         const std::optional<Tensor>& key, const std::optional<std::shared_ptr<at::Generator>>& generator,
         const std::optional<Tensor>& rowIds, bool causal) {
        static const auto op =
            findOperator<Tensor(const Tensor&, const Tensor&, int64_t, int64_t, double, const std::optional<Tensor>&,
                                const std::optional<at::Generator>&, const std::optional<Tensor>&, bool)>(
                "libbert::varlen_attention");
        const auto own = generator ? std::optional(**generator) : std::nullopt;
        return op.call(qkv, cuSeqlens, maxSeqlen, numHeads, dropoutP, key, own, rowIds, causal);
      });
  ops.add("crossEntropySum(logits, targets)", [](const Tensor& logits, const Tensor& targets) {
    static const auto op = findOperator<Tensor(const Tensor&, const Tensor&)>("libbert::cross_entropy_sum");
    return op.call(logits, targets);
  });
  ops.add("packWeight_(weight)", [](const Tensor& weight) {
    static const auto op = findOperator<Tensor(const Tensor&)>("libbert::pack_weight_");
    return op.call(weight);
  });
  ops.add("quantizeWeight(weight)", [](const Tensor& weight) {
    static const auto op = findOperator<std::tuple<Tensor, Tensor>(const Tensor&)>("libbert::quantize_weight");
    return op.call(weight);
  });
  ops.add("encoderLayers(hidden, cuSeqlens, maxSeqlen, parameters, scales, numHeads, activation, eps, causal, outputTokens)",
          [](const Tensor& hidden, const Tensor& cuSeqlens, int64_t maxSeqlen, const std::vector<Tensor>& parameters,
             const std::vector<Tensor>& scales, int64_t numHeads, const std::string& activation, double eps,
             bool causal, const std::optional<Tensor>& outputTokens) {
            static const auto op =
                findOperator<std::vector<Tensor>(const Tensor&, const Tensor&, int64_t, at::TensorList, at::TensorList,
                                                 int64_t, std::string_view, double, bool, const std::optional<Tensor>&)>(
                    "libbert::encoder_layers");
            return op.call(hidden, cuSeqlens, maxSeqlen, parameters, scales, numHeads, activation, eps, causal,
                           outputTokens);
          });
  ops.add(
      "adamw_(master, weight, grad, expAvg, expAvgSq, rates, rateScale, beta1, beta2, eps, weightDecay, gradScale, "
      "zeroGrad)",
      [](const Tensor& master, const Tensor& weight, const Tensor& grad, const Tensor& expAvg, const Tensor& expAvgSq,
         const Tensor& rates, double rateScale, double beta1, double beta2, double eps, double weightDecay,
         const Tensor& gradScale, bool zeroGrad) {
        static const auto op =
            findOperator<void(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                              double, double, double, double, double, const Tensor&, bool)>("libbert::adamw_");
        op.call(master, weight, grad, expAvg, expAvgSq, rates, rateScale, beta1, beta2, eps, weightDecay, gradScale,
                zeroGrad);
      });
  ops.add("sumOfSquares(flat)", [](const Tensor& flat) {
    static const auto op = findOperator<Tensor(const Tensor&)>("libbert::sum_of_squares");
    return op.call(flat);
  });
  ops.add("segmentSumsOfSquares(flat, offsets)", [](const Tensor& flat, const Tensor& offsets) {
    static const auto op =
        findOperator<Tensor(const Tensor&, const Tensor&)>("libbert::segment_sums_of_squares");
    return op.call(flat, offsets);
  });
  ops.add("addScaledSegments_(x, y, offsets, factors)",
          [](const Tensor& x, const Tensor& y, const Tensor& offsets, const Tensor& factors) {
            static const auto op = findOperator<void(const Tensor&, const Tensor&, const Tensor&, const Tensor&)>(
                "libbert::add_scaled_segments_");
            op.call(x, y, offsets, factors);
          });
}

int64_t reductionFromName(const std::string& name) {
  if (name == "none") return at::Reduction::None;
  if (name == "mean") return at::Reduction::Mean;
  if (name == "sum") return at::Reduction::Sum;
  throw std::invalid_argument("Expected none, mean or sum for reduction but received '" + name + "'");
}

}  // namespace

void addNeuralOps(OpTable& ops) {
  addBertOperators(ops);
  ops.add("matmul(x, y)", [](const Tensor& x, const Tensor& y) { return at::matmul(x, y); });
  ops.add("bmm(x, y)", [](const Tensor& x, const Tensor& y) { return at::bmm(x, y); });
  ops.add("einsum(equation, tensors)", [](const std::string& equation, const std::vector<Tensor>& tensors) {
    return at::einsum(equation, tensors);
  });
  ops.add("softmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::softmax(x, dim); });
  ops.add("logSoftmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::log_softmax(x, dim); });
  ops.add("layerNorm(x, weight, bias, eps)", [](const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
    return at::layer_norm(x, weight.sizes(), weight, bias, eps);
  });
  ops.add("crossEntropy(logits, targets, weight, reduction, labelSmoothing)",
          [](const Tensor& logits, const Tensor& targets, const std::optional<Tensor>& weight,
             const std::string& reduction, double labelSmoothing) {
            return at::cross_entropy_loss(logits, targets, weight, reductionFromName(reduction), /*ignore_index=*/-100,
                                          labelSmoothing);
          });
  ops.add("binaryCrossEntropy(logits, targets, reduction)",
          [](const Tensor& logits, const Tensor& targets, const std::string& reduction) {
            return at::binary_cross_entropy_with_logits(logits, targets, {}, {}, reductionFromName(reduction));
          });
  ops.add("klDiv(x, target, reduction, logTarget)",
          [](const Tensor& x, const Tensor& target, const std::string& reduction, bool logTarget) {
            return at::kl_div(x, target, reductionFromName(reduction), logTarget);
          });
  ops.add("cosineSimilarity(x, y, dim, eps)", [](const Tensor& x, const Tensor& y, int64_t dim, double eps) {
    return at::cosine_similarity(x, y, dim, eps);
  });
  ops.add("cosineEmbeddingLoss(x, y, target, margin, reduction)",
          [](const Tensor& x, const Tensor& y, const Tensor& target, double margin, const std::string& reduction) {
            return at::cosine_embedding_loss(x, y, target, margin, reductionFromName(reduction));
          });
  ops.add("mseLoss(x, target, reduction)", [](const Tensor& x, const Tensor& target, const std::string& reduction) {
    return at::mse_loss(x, target, reductionFromName(reduction));
  });
}

}  // namespace libbert
