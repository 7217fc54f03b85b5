// linear_gradients_, bert_embeddings, sum_by_id, gelu, dropout, dropout_add_layer_norm, cross_entropy_sum, adamw_ and
// sums of squares in LibTorch's operators. The CPU's kernels in native/ops say what each computes.

#include "compositions.h"

#include <ATen/OpMathType.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/embedding_dense_backward.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/segment_reduce.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
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

/** Elements of a buffer that a composition works on at once, to bound what that takes to some times 64 MiB. */
constexpr int64_t elementsAtOnce = 1 << 24;

/** dropout(x), still in the type that is computed in, so that a sum with it is rounded once. */
Tensor dropped(const Tensor& x, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
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
    const Tensor& bias, double eps, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  checkBertEmbeddings(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias);
  const int64_t tokens = wordIds.numel(), width = words.size(1);
  checkDropout(p, key, rowIds, tokens);
  const auto type = words.scalar_type();
  Tensor places = at::embedding(positions, positionIds).to(at::toOpMathType(type));
  if (segments) places = places.add(at::embedding(*segments, *segmentIds));
  const Tensor sum = places.add(at::embedding(words, wordIds)).to(type);
  const auto [output, mean, rstd] = at::native_layer_norm(sum, {width}, weight, bias, eps);
  const Tensor kept = p == 0 ? output : dropped(output, p, key, rowIds).to(type);
  return {kept, sum, mean.view({tokens}), rstd.view({tokens})};
}

Tensor composeLinearGradients(const Tensor& weightGradient, const Tensor& grad, const Tensor& input) {
  checkLinearGradients(weightGradient, grad, input);
  weightGradient.addmm_(grad.t(), input);
  return grad.sum(0);
}

Tensor composeGelu(const Tensor& x, bool tanh) {
  return at::gelu(x, tanh ? "tanh" : "none");
}

std::tuple<Tensor, Tensor> composeGeluBackward(const Tensor& grad, const Tensor& x, bool tanh) {
  checkGeluBackward(grad, x);
  const Tensor gradX = at::gelu_backward(grad, x, tanh ? "tanh" : "none");
  return {gradX, gradX.sum(0)};
}

Tensor composeDropout(const Tensor& input, double p, const std::optional<Tensor>& key,
                      const std::optional<Tensor>& rowIds) {
  checkMatrix(input);
  checkDropout(p, key, rowIds, input.size(0));
  return p == 0 ? input : dropped(input, p, key, rowIds).to(input.scalar_type());
}

std::tuple<Tensor, Tensor, Tensor, Tensor> composeDropoutAddLayerNormForward(
    const Tensor& input, const Tensor& residual, const Tensor& weight, const Tensor& bias, double eps, double p,
    const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  checkDropoutAddLayerNorm(input, residual, weight, bias);
  checkDropout(p, key, rowIds, input.size(0));
  const int64_t rows = input.size(0), width = input.size(1);
  const Tensor x = p == 0 ? input : dropped(input, p, key, rowIds);
  const Tensor sum = residual.add(x).to(input.scalar_type()).contiguous();
  const auto [output, mean, rstd] = at::native_layer_norm(sum, {width}, weight, bias, eps);
  return {output, sum, mean.view({rows}), rstd.view({rows})};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> composeDropoutAddLayerNormBackward(const Tensor& grad, const Tensor& sum,
                                                                              const Tensor& mean, const Tensor& rstd,
                                                                              const Tensor& weight, double p,
                                                                              const std::optional<Tensor>& key,
                                                                              const std::optional<Tensor>& rowIds) {
  checkDropout(p, key, rowIds, sum.size(0));
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
                  const Tensor& expAvgSq, const Tensor& rates, double rateScale, double beta1, double beta2, double eps,
                  double weightDecay, const Tensor& gradScale, bool zeroGrad) {
  checkAdamWBuffers(master, weight, grad, expAvg, expAvgSq);
  checkRates(rates);
  checkGradScale(gradScale);
  // Buffers may be parameters: what the optimizer does to them is no operation to differentiate.
  at::AutoDispatchBelowADInplaceOrView guard;

  const Tensor scale = gradScale.to(master.device(), /*non_blocking=*/true), isFinite = scale.isfinite();
  const Tensor ownRates = rates.to(master.device(), /*non_blocking=*/true);
  const Tensor learningRate = ownRates[0].mul(rateScale), keep = learningRate.mul(-weightDecay).add(1);
  const auto write = [&](const Tensor& buffer, const Tensor& values) {
    buffer.copy_(at::where(isFinite, values, buffer));
  };
  for (int64_t start = 0; start < master.numel(); start += elementsAtOnce) {
    const auto part = [&, length = std::min(elementsAtOnce, master.numel() - start)](const Tensor& buffer) {
      return buffer.narrow(0, start, length);
    };
    const Tensor scaled = part(grad).to(at::kFloat).mul(scale);
    const Tensor m = part(expAvg).mul(beta1).add(scaled, 1 - beta1);
    const Tensor v = part(expAvgSq).mul(beta2).addcmul(scaled, scaled, 1 - beta2);
    const Tensor change = m.div(ownRates[1]).div(v.div(ownRates[2]).sqrt().add(eps));
    write(part(master), part(master).mul(keep).sub(change.mul(learningRate)));
    write(part(expAvg), m);
    write(part(expAvgSq), v);
  }
  if (weight.const_data_ptr() != master.const_data_ptr()) weight.copy_(master);
  if (zeroGrad) grad.zero_();
}

Tensor composeSumOfSquares(const Tensor& flat) {
  checkFlat(flat);
  // Each sum, and the sum of sums, is one reduction of a fixed shape without atomic additions, so the result repeats
  // bit for bit.
  std::vector<Tensor> sums;
  for (int64_t start = 0; start < flat.numel(); start += elementsAtOnce) {
    const Tensor chunk = flat.narrow(0, start, std::min(elementsAtOnce, flat.numel() - start)).to(at::kDouble);
    sums.push_back(chunk.mul(chunk).sum());
  }
  return sums.empty() ? at::zeros({}, flat.options().dtype(at::kDouble)) : at::stack(sums).sum();
}

namespace {

/** Calls visit(start, length, offsets) for parts of a buffer, with the segments' offsets in each part. */
template <typename Visit>
void forEachPart(int64_t elements, const Tensor& offsets, Visit visit) {
  for (int64_t start = 0; start < elements; start += elementsAtOnce) {
    const int64_t length = std::min(elementsAtOnce, elements - start);
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
