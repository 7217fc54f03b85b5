#include <ATen/core/dispatch/Dispatcher.h>

#include "op_table.h"

namespace libbert {
namespace {

// An operator of libbert_ops, found by name: the dispatcher chooses the device's kernel.
template <class Signature>
auto Operator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

void AddBertOperators(OpTable& ops) {
  ops.Add("linear(x, weight, bias)", [](const Tensor& x, const Tensor& weight, const optional<Tensor>& bias) {
    static const auto op = Operator<Tensor(const Tensor&, const Tensor&, const optional<Tensor>&)>("libbert::linear");
    return op.call(x, weight, bias);
  });
  ops.Add("dropout(x, p, key, rowIds)", [](const Tensor& x, double p, int64_t key, const optional<Tensor>& row_ids) {
    static const auto op = Operator<Tensor(const Tensor&, double, int64_t, const optional<Tensor>&)>("libbert::dropout");
    return op.call(x, p, key, row_ids);
  });
  ops.Add("dropoutAddLayerNorm(x, residual, weight, bias, eps, p, key, rowIds)",
          [](const Tensor& x, const Tensor& residual, const Tensor& weight, const Tensor& bias, double eps, double p, int64_t key,
             const optional<Tensor>& row_ids) {
            static const auto op = Operator<Tensor(const Tensor&, const Tensor&, const Tensor&, const Tensor&, double, double, int64_t,
                                                   const optional<Tensor>&)>("libbert::dropout_add_layer_norm");
            return op.call(x, residual, weight, bias, eps, p, key, row_ids);
          });
  ops.Add("varlenAttention(qkv, cuSeqlens, maxSeqlen, numHeads, dropoutP, key, rowIds, causal)",
          [](const Tensor& qkv, const Tensor& cu_seqlens, int64_t max_seqlen, int64_t num_heads, double dropout_p, int64_t key,
             const optional<Tensor>& row_ids, bool causal) {
            static const auto op = Operator<Tensor(const Tensor&, const Tensor&, int64_t, int64_t, double, int64_t,
                                                   const optional<Tensor>&, bool)>("libbert::varlen_attention");
            return op.call(qkv, cu_seqlens, max_seqlen, num_heads, dropout_p, key, row_ids, causal);
          });
  ops.Add("adamw_(master, weight, grad, expAvg, expAvgSq, learningRate, beta1, beta2, eps, weightDecay, biasCorrection1, "
          "biasCorrection2, gradScale)",
          [](const Tensor& master, const Tensor& weight, const Tensor& grad, const Tensor& exp_avg, const Tensor& exp_avg_sq,
             double learning_rate, double beta1, double beta2, double eps, double weight_decay, double bias_correction1,
             double bias_correction2, const Tensor& grad_scale) {
            static const auto op = Operator<void(const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, double,
                                                 double, double, double, double, double, double, const Tensor&)>("libbert::adamw_");
            op.call(master, weight, grad, exp_avg, exp_avg_sq, learning_rate, beta1, beta2, eps, weight_decay, bias_correction1,
                    bias_correction2, grad_scale);
          });
  ops.Add("sumOfSquares(flat)", [](const Tensor& flat) {
    static const auto op = Operator<Tensor(const Tensor&)>("libbert::sum_of_squares");
    return op.call(flat);
  });
}

int64_t ReductionFromName(const std::string& name) {
  if (name == "none") return at::Reduction::None;
  if (name == "mean") return at::Reduction::Mean;
  if (name == "sum") return at::Reduction::Sum;
  throw std::invalid_argument("Expected none, mean or sum as reduction but received '" + name + "'");
}

}  // namespace

void AddNeuralOps(OpTable& ops) {
  AddBertOperators(ops);
  ops.Add("matmul(x, y)", [](const Tensor& x, const Tensor& y) { return at::matmul(x, y); });
  ops.Add("softmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::softmax(x, dim); });
  ops.Add("logSoftmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::log_softmax(x, dim); });
  ops.Add("layerNorm(x, weight, bias, eps)", [](const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
    return at::layer_norm(x, weight.sizes(), weight, bias, eps);
  });
  // A sparse gradient holds only the rows that were looked up.
  ops.Add("embedding(weight, ids, sparseGrad)", [](const Tensor& weight, const Tensor& ids, bool sparse) {
    return at::embedding(weight, ids, /*padding_idx=*/-1, /*scale_grad_by_freq=*/false, sparse);
  });
  ops.Add("crossEntropy(logits, targets, weight, reduction, labelSmoothing)",
          [](const Tensor& logits, const Tensor& targets, const optional<Tensor>& weight, const std::string& reduction,
             double label_smoothing) {
            return at::cross_entropy_loss(logits, targets, weight, ReductionFromName(reduction), /*ignore_index=*/-100, label_smoothing);
          });
  ops.Add("binaryCrossEntropy(logits, targets, reduction)",
          [](const Tensor& logits, const Tensor& targets, const std::string& reduction) {
            return at::binary_cross_entropy_with_logits(logits, targets, {}, {}, ReductionFromName(reduction));
          });
  ops.Add("mseLoss(x, target, reduction)", [](const Tensor& x, const Tensor& target, const std::string& reduction) {
    return at::mse_loss(x, target, ReductionFromName(reduction));
  });
}

}  // namespace libbert
