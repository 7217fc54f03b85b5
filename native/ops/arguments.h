// What the operators refuse, on every device alike.

#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <optional>

namespace libbert {

inline void checkMatrix(const at::Tensor& input) {
  TORCH_CHECK(input.dim() == 2, "Expected a matrix [T, H] for input but received shape ", input.sizes());
}

/** Refuses what no dropout mask can be drawn from. */
inline void checkDropout(double p, const std::optional<at::Tensor>& key, const std::optional<at::Tensor>& rowIds,
                         int64_t rows) {
  TORCH_CHECK(p >= 0 && p <= 1, "Expected a probability in [0, 1] for p but received ", p);
  TORCH_CHECK(p == 0 || key, "Expected one int64 for key but received none");
  if (key) {
    TORCH_CHECK(key->numel() == 1 && key->scalar_type() == at::kLong, "Expected one int64 for key but received ",
                key->scalar_type(), " ", key->sizes());
  }
  if (!rowIds) return;
  TORCH_CHECK(rowIds->scalar_type() == at::kLong, "Expected data type int64 for row_ids but received ",
              rowIds->scalar_type());
  TORCH_CHECK(rowIds->dim() == 1 && rowIds->size(0) == rows && rowIds->is_contiguous(),
              "Expected a contiguous vector [", rows, "] for row_ids but received shape ", rowIds->sizes());
}

/** A key or row ids as kernels take them: null where there are none. */
inline const int64_t* dataOf(const std::optional<at::Tensor>& numbers) {
  return numbers ? numbers->const_data_ptr<int64_t>() : nullptr;
}

/** The key of a kernel on the CPU; some number where nothing is dropped. */
inline int64_t numberOf(const std::optional<at::Tensor>& key) {
  return key ? *key->const_data_ptr<int64_t>() : 0;
}

inline void checkDropoutAddLayerNorm(const at::Tensor& input, const at::Tensor& residual, const at::Tensor& weight,
                                     const at::Tensor& bias) {
  checkMatrix(input);
  TORCH_CHECK(residual.sizes() == input.sizes(), "Expected the shape of input, ", input.sizes(),
              ", for residual but received ", residual.sizes());
  TORCH_CHECK(weight.dim() == 1 && weight.size(0) == input.size(1), "Expected a vector [", input.size(1),
              "] for weight but received shape ", weight.sizes());
  TORCH_CHECK(bias.sizes() == weight.sizes(), "Expected a vector [", input.size(1), "] for bias but received shape ",
              bias.sizes());
  const auto type = input.scalar_type();
  TORCH_CHECK(residual.scalar_type() == type && weight.scalar_type() == type && bias.scalar_type() == type,
              "Expected the data type of input, ", type, ", for residual, weight and bias but received ",
              residual.scalar_type(), ", ", weight.scalar_type(), " and ", bias.scalar_type());
}

/** Of a forward pass: its sum [T, H] and the statistics of its rows [T]. */
inline void checkLayerNormBackward(const at::Tensor& grad, const at::Tensor& sum, const at::Tensor& mean,
                                   const at::Tensor& rstd, const at::Tensor& weight) {
  checkDropoutAddLayerNorm(sum, grad, weight, weight);
  TORCH_CHECK(sum.is_contiguous(), "Expected a contiguous matrix for sum but received strides ", sum.strides());
  for (const at::Tensor& statistic : {mean, rstd}) {
    TORCH_CHECK(statistic.dim() == 1 && statistic.size(0) == sum.size(0) && statistic.is_contiguous() &&
                    statistic.scalar_type() == (sum.scalar_type() == at::kDouble ? at::kDouble : at::kFloat),
                "Expected a vector [", sum.size(0), "] for mean and rstd but received ", statistic.scalar_type(), " ",
                statistic.sizes());
  }
}

inline void checkGeluBackward(const at::Tensor& grad, const at::Tensor& x) {
  TORCH_CHECK(x.dim() == 2, "Expected a matrix [T, I] for x but received shape ", x.sizes());
  TORCH_CHECK(grad.sizes() == x.sizes() && grad.scalar_type() == x.scalar_type(), "Expected ", x.scalar_type(), " ",
              x.sizes(), " for grad but received ", grad.scalar_type(), " ", grad.sizes());
}

/** Of a linear layer: [O, I], [T, O] and [T, I]. */
inline void checkLinearGradients(const at::Tensor& weightGradient, const at::Tensor& grad, const at::Tensor& input) {
  checkMatrix(input);
  TORCH_CHECK(grad.dim() == 2 && grad.size(0) == input.size(0), "Expected a matrix [", input.size(0),
              ", O] for grad but received shape ", grad.sizes());
  TORCH_CHECK(
      weightGradient.dim() == 2 && weightGradient.size(0) == grad.size(1) && weightGradient.size(1) == input.size(1),
      "Expected a matrix [", grad.size(1), ", ", input.size(1), "] for weight_gradient but received shape ",
      weightGradient.sizes());
  const auto type = input.scalar_type();
  TORCH_CHECK(grad.scalar_type() == type && weightGradient.scalar_type() == type, "Expected the data type of input, ",
              type, ", for grad and weight_gradient but received ", grad.scalar_type(), " and ",
              weightGradient.scalar_type());
}

inline void checkIds(const at::Tensor& ids, const char* name, int64_t size) {
  const auto type = ids.scalar_type();
  TORCH_CHECK((type == at::kInt || type == at::kLong) && ids.dim() == 1 && ids.size(0) == size, "Expected a vector [",
              size, "] of int32 or int64 for ", name, " but received ", type, " ", ids.sizes());
}

/** Reads ids that lie on the CPU; the sentence is that of LibTorch's own look-up. */
inline void checkRange(const at::Tensor& ids, int64_t count) {
  const int64_t* data = ids.const_data_ptr<int64_t>();
  const bool inRange = std::all_of(data, data + ids.numel(), [=](int64_t id) { return id >= 0 && id < count; });
  TORCH_CHECK_INDEX(inRange, "index out of range in self");
}

inline void checkSumById(const at::Tensor& rows, const at::Tensor& ids, int64_t count) {
  TORCH_CHECK(rows.dim() == 2, "Expected a matrix [N, H] for rows but received shape ", rows.sizes());
  checkIds(ids, "ids", rows.size(0));
  TORCH_CHECK(count >= 0, "Expected 0 or more for count but received ", count);
}

inline void checkTable(const at::Tensor& table, const char* name, const at::Tensor& words) {
  TORCH_CHECK(table.dim() == 2 && table.size(1) == words.size(1) && table.scalar_type() == words.scalar_type(),
              "Expected a matrix [count, ", words.size(1), "] of ", words.scalar_type(), " for ", name,
              " but received ", table.scalar_type(), " ", table.sizes());
}

inline void checkBertEmbeddings(const at::Tensor& words, const at::Tensor& wordIds, const at::Tensor& positions,
                                const at::Tensor& positionIds, const std::optional<at::Tensor>& segments,
                                const std::optional<at::Tensor>& segmentIds, const at::Tensor& weight,
                                const at::Tensor& bias) {
  TORCH_CHECK(words.dim() == 2, "Expected a matrix [count, H] for words but received shape ", words.sizes());
  const int64_t tokens = wordIds.numel();
  checkIds(wordIds, "word_ids", tokens);
  checkTable(positions, "positions", words);
  checkIds(positionIds, "position_ids", tokens);
  TORCH_CHECK(segments.has_value() == segmentIds.has_value(),
              "Expected segments and segment_ids together but received one of them");
  if (segments) {
    checkTable(*segments, "segments", words);
    checkIds(*segmentIds, "segment_ids", tokens);
  }
  for (const at::Tensor& parameter : {weight, bias}) {
    TORCH_CHECK(
        parameter.dim() == 1 && parameter.size(0) == words.size(1) && parameter.scalar_type() == words.scalar_type(),
        "Expected a vector [", words.size(1), "] of ", words.scalar_type(), " for weight and bias but received ",
        parameter.scalar_type(), " ", parameter.sizes());
  }
}

/** The class that does not count in a loss: PyTorch's number for it. */
constexpr int64_t ignoredClass = -100;

inline void checkCrossEntropySum(const at::Tensor& logits, const at::Tensor& targets) {
  TORCH_CHECK(logits.dim() == 2 && logits.size(1) > 0 && logits.is_contiguous(),
              "Expected a contiguous matrix [N, V] for logits but received shape ", logits.sizes(), " with strides ",
              logits.strides());
  TORCH_CHECK(targets.dim() == 1 && targets.size(0) == logits.size(0) && targets.is_contiguous() &&
                  targets.scalar_type() == at::kLong,
              "Expected a contiguous vector [", logits.size(0), "] of int64 for targets but received ",
              targets.scalar_type(), " ", targets.sizes());
}

inline void checkCrossEntropySumBackward(const at::Tensor& grad, const at::Tensor& logits, const at::Tensor& targets,
                                         const at::Tensor& logSumExp) {
  checkCrossEntropySum(logits, targets);
  const auto type = logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  TORCH_CHECK(logSumExp.sizes() == targets.sizes() && logSumExp.is_contiguous() && logSumExp.scalar_type() == type,
              "Expected a contiguous vector [", logits.size(0), "] of ", type, " for log_sum_exp but received ",
              logSumExp.scalar_type(), " ", logSumExp.sizes());
  TORCH_CHECK(grad.numel() == 1 && grad.scalar_type() == type, "Expected a scalar of ", type, " for grad but received ",
              grad.scalar_type(), " ", grad.sizes());
}

/** Reads classes that lie on the CPU; the sentence is that of LibTorch's own loss. */
inline void checkClasses(const at::Tensor& targets, int64_t classes) {
  const int64_t* data = targets.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < targets.numel(); ++i) {
    const bool isClass = data[i] == ignoredClass || (data[i] >= 0 && data[i] < classes);
    TORCH_CHECK_INDEX(isClass, "Target ", data[i], " is out of bounds.");
  }
}

inline void checkPackedHeads(const at::Tensor& qkv, int64_t heads) {
  TORCH_CHECK(heads > 0 && heads < 1 << 20, "Expected a positive number for num_heads but received ", heads);
  TORCH_CHECK(qkv.dim() == 2 && qkv.size(1) > 0 && qkv.size(1) % (3 * heads) == 0, "Expected a matrix [T, 3 * ", heads,
              " * head size] for qkv but received shape ", qkv.sizes());
}

/** Of a forward pass: output [T, H], and log_sum_exp [heads, T]. */
inline void checkAttentionBackward(const at::Tensor& grad, const at::Tensor& qkv, const at::Tensor& output,
                                   const at::Tensor& logSumExp, int64_t heads) {
  const int64_t tokens = qkv.size(0), hidden = qkv.size(1) / 3;
  for (const at::Tensor& matrix : {grad, output}) {
    TORCH_CHECK(matrix.dim() == 2 && matrix.size(0) == tokens && matrix.size(1) == hidden &&
                    matrix.scalar_type() == qkv.scalar_type(),
                "Expected a matrix [", tokens, ", ", hidden, "] of ", qkv.scalar_type(),
                " for grad and output but received ", matrix.scalar_type(), " ", matrix.sizes());
  }
  TORCH_CHECK(output.is_contiguous(), "Expected a contiguous matrix for output but received strides ",
              output.strides());
  TORCH_CHECK(logSumExp.dim() == 2 && logSumExp.size(0) == heads && logSumExp.size(1) == tokens &&
                  logSumExp.is_contiguous() &&
                  logSumExp.scalar_type() == (qkv.scalar_type() == at::kDouble ? at::kDouble : at::kFloat),
              "Expected a matrix [", heads, ", ", tokens, "] for log_sum_exp but received ", logSumExp.scalar_type(),
              " ", logSumExp.sizes());
}

inline void checkOffsetVector(const at::Tensor& cuSeqlens) {
  TORCH_CHECK(
      cuSeqlens.scalar_type() == at::kInt && cuSeqlens.dim() == 1 && cuSeqlens.size(0) > 0 && cuSeqlens.is_contiguous(),
      "Expected a contiguous int32 vector [B + 1] for cu_seqlens but received ", cuSeqlens.scalar_type(), " ",
      cuSeqlens.sizes());
}

/** Reads offsets that lie on the CPU. Returns the length of the longest sequence. */
inline int64_t checkOffsets(const at::Tensor& cuSeqlens, int64_t tokens, int64_t maxSeqlen) {
  checkOffsetVector(cuSeqlens);
  const int32_t* offsets = cuSeqlens.const_data_ptr<int32_t>();
  const int64_t sequences = cuSeqlens.size(0) - 1;
  TORCH_CHECK(offsets[0] == 0 && offsets[sequences] == tokens, "Expected offsets from 0 to ", tokens,
              " for cu_seqlens but received ", offsets[0], " to ", offsets[sequences]);
  int64_t longest = 0;
  for (int64_t i = 0; i < sequences; ++i) {
    TORCH_CHECK(offsets[i] <= offsets[i + 1], "Expected offsets that do not fall for cu_seqlens but received ",
                offsets[i], " before ", offsets[i + 1]);
    longest = std::max<int64_t>(longest, offsets[i + 1] - offsets[i]);
  }
  TORCH_CHECK(longest <= maxSeqlen, "Expected the length of the longest sequence, ", longest,
              ", or more for max_seqlen but received ", maxSeqlen);
  return longest;
}

inline void checkBuffer(const at::Tensor& buffer, const char* name, int64_t size, bool mayBeBFloat16) {
  TORCH_CHECK(buffer.dim() == 1 && buffer.size(0) == size && buffer.is_contiguous(), "Expected a contiguous vector [",
              size, "] for ", name, " but received shape ", buffer.sizes());
  const auto type = buffer.scalar_type();
  TORCH_CHECK(type == at::kFloat || (mayBeBFloat16 && type == at::kBFloat16), "Expected data type float32",
              mayBeBFloat16 ? " or bfloat16" : "", " for ", name, " but received ", type);
}

inline void checkAdamWBuffers(const at::Tensor& master, const at::Tensor& weight, const at::Tensor& grad,
                              const at::Tensor& expAvg, const at::Tensor& expAvgSq) {
  const int64_t size = master.numel();
  checkBuffer(master, "master", size, false);
  checkBuffer(weight, "weight", size, true);
  checkBuffer(grad, "grad", size, true);
  checkBuffer(expAvg, "exp_avg", size, false);
  checkBuffer(expAvgSq, "exp_avg_sq", size, false);
}

inline void checkRates(const at::Tensor& rates) {
  TORCH_CHECK(rates.dim() == 1 && rates.size(0) == 3 && rates.is_contiguous() && rates.scalar_type() == at::kDouble,
              "Expected a contiguous vector [3] of float64 for rates but received ", rates.scalar_type(), " ",
              rates.sizes());
  if (!rates.is_cpu()) return;  // a GPU would have to be waited for
  const double* values = rates.const_data_ptr<double>();
  TORCH_CHECK(values[1] > 0 && values[2] > 0, "Expected positive bias corrections in rates but received ", values[1],
              " and ", values[2]);
}

inline void checkGradScale(const at::Tensor& gradScale) {
  TORCH_CHECK(gradScale.dim() == 0 && gradScale.scalar_type() == at::kFloat,
              "Expected a float32 scalar for grad_scale but received ", gradScale.scalar_type(), " of shape ",
              gradScale.sizes());
}

inline void checkFlat(const at::Tensor& flat) {
  TORCH_CHECK(flat.dim() == 1 && flat.is_contiguous(), "Expected a contiguous vector for flat but received shape ",
              flat.sizes(), " with strides ", flat.strides());
}

}  // namespace libbert
