// bert_embeddings: dropout(LayerNorm(words + positions + segments)), each looked up in its table (Devlin et al., 2019,
// figure 2). The forward pass is one pass over the tokens; it keeps the sum and each row's statistics. The backward
// pass is made of operators that others use too.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <tuple>

#include "accumulated_gradient.h"
#include "arguments.h"
#include "autograd.h"
#include "layer_norm_kernels.h"
#include "sum_by_id.h"

namespace libbert {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/** A table [count, H] and the ids [T] that are looked up in it; null where there is none. */
template <typename T>
struct LookUp {
  const T* table = nullptr;
  const int64_t* ids = nullptr;

  LIBBERT_INLINE const T* row(int64_t token, int64_t width) const {
    return table + ids[token] * width;
  }
};

template <typename T>
struct EmbeddingsForward {
  template <int>
  static LIBBERT_INLINE void run(NormalisedRows<T> x, LookUp<T> words, LookUp<T> positions, LookUp<T> segments,
                                 int64_t begin, int64_t end, bool drop, DropoutMask mask) {
    const int64_t width = x.width;
    for (int64_t token = begin; token < end; ++token) {
      const T *word = words.row(token, width), *position = positions.row(token, width);
      T *sum = x.sum + token * width, *output = x.output + token * width;
      if (segments.table) {
        const T* segment = segments.row(token, width);
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) store(sum[i], load(word[i]) + (load(position[i]) + load(segment[i])));
      } else {
#pragma omp simd
        for (int64_t i = 0; i < width; ++i) store(sum[i], load(word[i]) + load(position[i]));
      }
      normaliseRow(x, token);
      if (drop) dropRow(output, output, token, width, mask);
    }
  }
};

/** Contiguous, of int64, and within their table. */
struct CheckedLookUp {
  Tensor table, ids;

  CheckedLookUp(const Tensor& table, const Tensor& ids)
      : table(table.contiguous()), ids(ids.to(at::kLong).contiguous()) {
    checkRange(this->ids, table.size(0));
  }

  template <typename T>
  LookUp<T> pointers() const {
    return {table.const_data_ptr<T>(), ids.const_data_ptr<int64_t>()};
  }
};

std::tuple<Tensor, Tensor, Tensor, Tensor> forwardCpu(
    const Tensor& words, const Tensor& wordIds, const Tensor& positions, const Tensor& positionIds,
    const std::optional<Tensor>& segments, const std::optional<Tensor>& segmentIds, const Tensor& weight,
    const Tensor& bias, double eps, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  checkBertEmbeddings(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias);
  const int64_t tokens = wordIds.numel(), width = words.size(1);
  checkDropout(p, key, rowIds, tokens);
  const CheckedLookUp word(words, wordIds), position(positions, positionIds);
  const auto segment = segments ? std::optional<CheckedLookUp>({*segments, *segmentIds}) : std::nullopt;
  const Tensor w = weight.contiguous(), b = bias.contiguous();
  Tensor sum = at::empty({tokens, width}, words.options()), output = at::empty_like(sum), mean, rstd;
  const DropoutMask mask(p, numberOf(key), dataOf(rowIds));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, words.scalar_type(), "bert_embeddings", [&] {
    using A = Accumulate<scalar_t>;
    mean = at::empty({tokens}, words.options().dtype(c10::CppTypeToScalarType<A>::value));
    rstd = at::empty_like(mean);
    const NormalisedRows<scalar_t> normalised{w.const_data_ptr<scalar_t>(),
                                              b.const_data_ptr<scalar_t>(),
                                              sum.mutable_data_ptr<scalar_t>(),
                                              output.mutable_data_ptr<scalar_t>(),
                                              mean.mutable_data_ptr<A>(),
                                              rstd.mutable_data_ptr<A>(),
                                              width,
                                              eps};
    const auto segmentRows = segment ? segment->pointers<scalar_t>() : LookUp<scalar_t>();
    at::parallel_for(0, tokens, elementsPerThread / (width + 1) + 1, [&](int64_t begin, int64_t end) {
      runKernel<EmbeddingsForward<scalar_t>>(normalised, word.pointers<scalar_t>(), position.pointers<scalar_t>(),
                                             segmentRows, begin, end, p > 0, mask);
    });
  });
  return {output, sum, mean, rstd};
}

auto callForward(const Tensor& words, const Tensor& wordIds, const Tensor& positions, const Tensor& positionIds,
                 const std::optional<Tensor>& segments, const std::optional<Tensor>& segmentIds, const Tensor& weight,
                 const Tensor& bias, double eps, double p, const std::optional<Tensor>& key,
                 const std::optional<Tensor>& rowIds) {
  static const auto op = findOperator<decltype(forwardCpu)>("libbert::bert_embeddings_forward");
  return op.call(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias, eps, p, key, rowIds);
}

Tensor callDropout(const Tensor& input, double p, const std::optional<Tensor>& key,
                   const std::optional<Tensor>& rowIds) {
  static const auto op =
      findOperator<Tensor(const Tensor&, double, const std::optional<Tensor>&, const std::optional<Tensor>&)>(
          "libbert::dropout");
  return op.call(input, p, key, rowIds);
}

/** Returns the gradients of the sum, the weight and the bias. */
std::tuple<Tensor, Tensor, Tensor> layerNormBackward(const Tensor& grad, const Tensor& sum, const Tensor& mean,
                                                     const Tensor& rstd, const Tensor& weight) {
  static const auto op = findOperator<std::tuple<Tensor, Tensor, Tensor, Tensor>(
      const Tensor&, const Tensor&, const Tensor&, const Tensor&, const Tensor&, double, const std::optional<Tensor>&,
      const std::optional<Tensor>&)>("libbert::dropout_add_layer_norm_backward");
  const auto [gradSum, sameGradSum, gradWeight, gradBias] =
      op.call(grad, sum, mean, rstd, weight, 0, std::nullopt, std::nullopt);
  return {gradSum, gradWeight, gradBias};
}

struct Formula : torch::autograd::Function<Formula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& words, const Tensor& wordIds, int64_t paddingId,
                        const Tensor& positions, const Tensor& positionIds, const std::optional<Tensor>& segments,
                        const std::optional<Tensor>& segmentIds, const Tensor& weight, const Tensor& bias, double eps,
                        double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const auto [output, sum, mean, rstd] =
        callForward(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias, eps, p, key, rowIds);
    ctx->save_for_backward({sum, mean, rstd, weight, wordIds, positionIds, segmentIds.value_or(Tensor()),
                            rowIds.value_or(Tensor()), bias, key.value_or(Tensor())});
    auto& data = ctx->saved_data;
    data["paddingId"] = paddingId;
    data["p"] = p;
    // The sizes of the tables whose gradients are asked for.
    if (words.requires_grad()) data["words"] = words.size(0);
    if (positions.requires_grad()) data["positions"] = positions.size(0);
    if (segments && segments->requires_grad()) data["segments"] = segments->size(0);
    return output;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &wordIds = saved[4], &positionIds = saved[5], &segmentIds = saved[6];
    auto& data = ctx->saved_data;
    const Tensor grad = callDropout(grads[0], data["p"].toDouble(), savedOptional(saved[9]), savedOptional(saved[7]));
    const Tensor &weight = saved[3], &bias = saved[8];
    const auto [gradSum, gradWeight, gradBias] = layerNormBackward(grad, saved[0], saved[1], saved[2], weight);
    const auto tableGradient = [&, rows = gradSum](const char* table, const Tensor& ids, int64_t skippedId) {
      return data.count(table) > 0 ? sumById(rows, ids, data[table].toInt(), skippedId) : Tensor();
    };
    const Tensor none;
    const Tensor words = tableGradient("words", wordIds, data["paddingId"].toInt());
    const Tensor positions = tableGradient("positions", positionIds, -1);
    const Tensor segments = tableGradient("segments", segmentIds, -1);
    const Tensor ofWeight = addedLater(weight, gradWeight), ofBias = addedLater(bias, gradBias);
    return {words, none, none, positions, none, segments, none, ofWeight, ofBias, none, none, none, none};
  }
};

Tensor withoutGradient(const Tensor& words, const Tensor& wordIds, int64_t /*paddingId*/, const Tensor& positions,
                       const Tensor& positionIds, const std::optional<Tensor>& segments,
                       const std::optional<Tensor>& segmentIds, const Tensor& weight, const Tensor& bias, double eps,
                       double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  return std::get<0>(
      callForward(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias, eps, p, key, rowIds));
}

Tensor withGradient(const Tensor& words, const Tensor& wordIds, int64_t paddingId, const Tensor& positions,
                    const Tensor& positionIds, const std::optional<Tensor>& segments,
                    const std::optional<Tensor>& segmentIds, const Tensor& weight, const Tensor& bias, double eps,
                    double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  return Formula::apply(words, wordIds, paddingId, positions, positionIds, segments, segmentIds, weight, bias, eps, p,
                        key, rowIds);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("bert_embeddings_forward", forwardCpu);
}

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("bert_embeddings", withoutGradient);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("bert_embeddings", withGradient);
}

}  // namespace libbert
