// bert_embeddings, sum_by_id, gelu, dropout, dropout_add_layer_norm, cross_entropy_sum, adamw_ and sums of squares in LibTorch's
// operators. The CPU's kernels in native/ops say what each computes.

#include "compositions.h"

#include <ATen/OpMathType.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/embedding_dense_backward.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/segment_reduce.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../ops/arguments.h"
#include "../ops/dropout_mask.h"
#include "../ops/segments.h"
#include "drop_mask.h"

namespace libbert {
namespace {

using at::Tensor;

/** dropout(x), still in the type that is computed in, so that a sum with it is rounded once. */
Tensor dropped(const Tensor& x, double p, int64_t key, const std::optional<Tensor>& rowIds) {
  const Tensor drop = drawDropped({p, key, rowIds, x.size(0), 1, x.size(1), x.device()}).squeeze(1);  // [T, H]
  // Filled, not multiplied by zero: what is dropped may be infinite.
  return x.to(at::toOpMathType(x.scalar_type())).mul(keepScaleOf(p)).masked_fill(drop, 0);
}

}  // namespace

Tensor composeSumById(const Tensor& rows, const Tensor& ids, int64_t count, int64_t skippedId) {
  checkSumById(rows, ids, count);
  // Dense: a sparse sum would have to wait until the GPU has counted the ids. With few rows LibTorch adds in the type
  // that it is given, hence the wide copy.
  const Tensor wide = rows.to(at::toOpMathType(rows.scalar_type()));
  return at::embedding_dense_backward(wide, ids, count, skippedId, /*scale_grad_by_freq=*/false)
      .to(rows.scalar_type());
}

std::tuple<Tensor, Tensor, Tensor, Tensor> composeBertEmbeddingsForward(
    const Tensor& words, const Tensor& wordIds, const Tensor& positions, const Tensor& positionIds,
    const std::optional<Tensor>& segments, const std::optional<Tensor>& segmentIds, const Tensor& weight,
    const Tensor& bias, double eps, double p, int64_t key, const std::optional<Tensor>& rowIds) {
  checkBertEmbeddings(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias);
  const int64_t tokens = wordIds.numel(), width = words.size(1);
  checkDropout(p, rowIds, tokens);
  const auto type = words.scalar_type();
  Tensor places = at::embedding(positions, positionIds).to(at::toOpMathType(type));
  if (segments) places = places.add(at::embedding(*segments, *segmentIds));
  const Tensor sum = places.add(at::embedding(words, wordIds)).to(type);
  const auto [output, mean, rstd] = at::native_layer_norm(sum, {width}, weight, bias, eps);
  const Tensor kept = p == 0 ? output : dropped(output, p, key, rowIds).to(type);
  return {kept, sum, mean.view({tokens}), rstd.view({tokens})};
}

Tensor composeGelu(const Tensor& x, bool tanh) {
  return at::gelu(x, tanh ? "tanh" : "none");
}

std::tuple<Tensor, Tensor> composeGeluBackward(const Tensor& grad, const Tensor& x, bool tanh) {
  checkGeluBackward(grad, x);
  const Tensor gradX = at::gelu_backward(grad, x, tanh ? "tanh" : "none");
  return {gradX, gradX.sum(0)};
}

Tensor composeDropout(const Tensor& input, double p, int64_t key, const std::optional<Tensor>& rowIds) {
  checkMatrix(input);
  checkDropout(p, rowIds, input.size(0));
  return p == 0 ? input : dropped(input, p, key, rowIds).to(input.scalar_type());
}

std::tuple<Tensor, Tensor, Tensor, Tensor> composeDropoutAddLayerNormForward(const Tensor& input,
                                                                             const Tensor& residual,
                                                                             const Tensor& weight, const Tensor& bias,
                                                                             double eps, double p, int64_t key,
                                                                             const std::optional<Tensor>& rowIds) {
  checkDropoutAddLayerNorm(input, residual, weight, bias);
  checkDropout(p, rowIds, input.size(0));
  const int64_t rows = input.size(0), width = input.size(1);
  const Tensor x = p == 0 ? input : dropped(input, p, key, rowIds);
  const Tensor sum = residual.add(x).to(input.scalar_type()).contiguous();
  const auto [output, mean, rstd] = at::native_layer_norm(sum, {width}, weight, bias, eps);
  return {output, sum, mean.view({rows}), rstd.view({rows})};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> composeDropoutAddLayerNormBackward(const Tensor& grad, const Tensor& sum,
                                                                              const Tensor& mean, const Tensor& rstd,
                                                                              const Tensor& weight, double p,
                                                                              int64_t key,
                                                                              const std::optional<Tensor>& rowIds) {
  checkDropout(p, rowIds, sum.size(0));
  const int64_t rows = sum.size(0), width = sum.size(1);
  const Tensor& bias = weight;  // LibTorch looks at its shape alone
  const auto [gradSum, gradWeight, gradBias] = at::native_layer_norm_backward(
      grad.contiguous(), sum, {width}, mean.view({rows, 1}), rstd.view({rows, 1}), weight, bias, {true, true, true});
  const Tensor gradInput = p == 0 ? gradSum : dropped(gradSum, p, key, rowIds).to(sum.scalar_type());
  return {gradInput, gradSum, gradWeight, gradBias};
}

std::tuple<Tensor, Tensor> composeCrossEntropySumForward(const Tensor& logits, const Tensor& targets) {
  checkCrossEntropySum(logits, targets);
  const Tensor wide = logits.to(at::toOpMathType(logits.scalar_type()));
  const Tensor logSumExp = wide.logsumexp(1), counts = targets.ne(ignoredClass);
  const Tensor atTarget = wide.gather(1, targets.clamp_min(0).unsqueeze(1)).squeeze(1);
  return {logSumExp.sub(atTarget).masked_fill(counts.logical_not(), 0).sum(), logSumExp};
}

void composeCrossEntropySumBackward(const Tensor& grad, const Tensor& logits, const Tensor& targets,
                                    const Tensor& logSumExp) {
  checkCrossEntropySumBackward(grad, logits, targets, logSumExp);
  const Tensor ignored = targets.eq(ignoredClass).unsqueeze(1), target = targets.clamp_min(0).unsqueeze(1);
  const Tensor probabilities = logits.sub(logSumExp.unsqueeze(1)).exp_();  // as wide as logSumExp
  probabilities.scatter_add_(1, target, at::full({}, -1, probabilities.options()).expand(target.sizes()));
  logits.copy_(probabilities.mul_(grad).masked_fill_(ignored, 0));
}

void composeAdamW(const Tensor& master, const Tensor& weight, const Tensor& grad, const Tensor& expAvg,
                  const Tensor& expAvgSq, double learningRate, double beta1, double beta2, double eps,
                  double weightDecay, double biasCorrection1, double biasCorrection2, const Tensor& gradScale,
                  bool zeroGrad) {
  checkAdamWBuffers(master, weight, grad, expAvg, expAvgSq);
  checkBiasCorrections(biasCorrection1, biasCorrection2);
  checkGradScale(gradScale);
  // Buffers may be parameters: what the optimizer does to them is no operation to differentiate.
  at::AutoDispatchBelowADInplaceOrView guard;

  // LibTorch's fused step derives the bias corrections from a count of steps, by a formula that BERT's own optimizer
  // does not follow. After very many steps they are 1, and ours fit into the other factors:
  //   (m / c1) / (sqrt(v / c2) + eps)  =  (sqrt(c2) / c1) * m / (sqrt(v) + eps * sqrt(c2))
  const Tensor manySteps = at::full({}, 1e12f, master.options());
  const double root = std::sqrt(biasCorrection2), factor = root / biasCorrection1;
  const Tensor scale = gradScale.to(master.device(), /*non_blocking=*/true);
  const Tensor scaledGrad = grad.to(at::kFloat).mul(scale);
  const Tensor skip = scale.isfinite().logical_not().to(at::kFloat);  // then nothing is written
  at::_fused_adamw_({master}, {scaledGrad}, {expAvg}, {expAvgSq}, /*max_exp_avg_sqs=*/{}, {manySteps},
                    learningRate * factor, beta1, beta2, weightDecay / factor, eps * root, /*amsgrad=*/false,
                    /*maximize=*/false, /*grad_scale=*/{}, /*found_inf=*/skip);
  if (weight.const_data_ptr() != master.const_data_ptr()) weight.copy_(master);
  if (zeroGrad) grad.zero_();
}

Tensor composeSumOfSquares(const Tensor& flat) {
  checkFlat(flat);
  // Chunks bound the float64 copy to 128 MiB. Each sum, and the sum of sums, is one reduction of a fixed shape without
  // atomic additions, so the result repeats bit for bit.
  constexpr int64_t chunkSize = 1 << 24;
  std::vector<Tensor> sums;
  for (int64_t start = 0; start < flat.numel(); start += chunkSize) {
    const Tensor chunk = flat.narrow(0, start, std::min(chunkSize, flat.numel() - start)).to(at::kDouble);
    sums.push_back(chunk.mul(chunk).sum());
  }
  return sums.empty() ? at::zeros({}, flat.options().dtype(at::kDouble)) : at::stack(sums).sum();
}

namespace {

/** Elements of a buffer that a composition widens at once, to bound what that takes to 128 MiB. */
constexpr int64_t widenedAtOnce = 1 << 24;

/** Calls visit(start, length, offsets) for parts of a buffer, with the segments' offsets in each part. */
template <typename Visit>
void forEachPart(int64_t elements, const Tensor& offsets, Visit visit) {
  for (int64_t start = 0; start < elements; start += widenedAtOnce) {
    const int64_t length = std::min(widenedAtOnce, elements - start);
    visit(start, length, offsets.sub(start).clamp(0, length));
  }
}

}  // namespace

Tensor composeSegmentSumsOfSquares(const Tensor& flat, const Tensor& offsets) {
  checkSegments(flat, "flat", offsets);
  const Tensor sums = at::zeros({offsets.size(0) - 1}, flat.options().dtype(at::kDouble));
  forEachPart(flat.numel(), offsets, [&](int64_t start, int64_t length, const Tensor& own) {
    const Tensor part = flat.narrow(0, start, length).to(at::kDouble);
    // unsafe: does not read the offsets, which would wait for the GPU.
    sums.add_(at::segment_reduce(part.mul(part), "sum", {}, {}, own, /*axis=*/0, /*unsafe=*/true, /*initial=*/0));
  });
  return sums;
}

void composeAddScaledSegments(const Tensor& x, const Tensor& y, const Tensor& offsets, const Tensor& factors) {
  checkScaledSegments(x, y, offsets, factors);
  const Tensor narrow = factors.to(at::kFloat);
  forEachPart(x.numel(), offsets, [&](int64_t start, int64_t length, const Tensor& own) {
    const Tensor factorOfEach = narrow.repeat_interleave(own.diff(), /*dim=*/0, /*output_size=*/length);
    x.narrow(0, start, length).addcmul_(y.narrow(0, start, length), factorOfEach);
  });
}

}  // namespace libbert
