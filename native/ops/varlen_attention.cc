// varlen_attention: softmax(Q K^T / sqrt(head size)) V for each head of each sequence of a packed batch (Vaswani et
// al., 2017). A task is one head of one sequence: its keys and values are copied to scratch once, then blocks of
// queries pass through product, softmax with dropout, product, so that a block's scores stay in the L2 cache. Of
// bfloat16, scores and sums are float32, and the weights that meet the values are bfloat16.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <tuple>

#include "arguments.h"
#include "attention_backward.h"
#include "attention_forward.h"
#include "autograd.h"
#include "find_operator.h"
#include "symbol_version.h"

LIBBERT_OLDEST_VERSION(exp);
LIBBERT_OLDEST_VERSION(log);

namespace libbert {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

AttentionShape checkedShape(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                            const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds, bool causal) {
  checkPackedHeads(qkv, heads);
  checkDropout(p, key, rowIds, qkv.size(0));
  const int64_t longest = checkOffsets(cuSeqlens, qkv.size(0), maxSeqlen);
  return {cuSeqlens.const_data_ptr<int32_t>(),
          cuSeqlens.size(0) - 1,
          qkv.size(0),
          heads,
          qkv.size(1) / (3 * heads),
          longest,
          causal};
}

/** Calls work(begin, end) once per thread, each with its own slice of the tasks [0, heads * sequences). */
template <typename Work>
void forEachSlice(const AttentionShape& shape, Work work) {
  const int64_t tasks = shape.heads * shape.sequences;
  const int64_t elements = 3 * shape.tokens * shape.hidden();
  at::parallel_for(0, tasks, tasks * elementsPerThread / (elements + 1) + 1, work);
}

/** Products take bfloat16 in pairs, and an odd head size would tear one apart. */
bool isComputedInFloat(const Tensor& qkv, int64_t heads) {
  return qkv.scalar_type() == at::kBFloat16 && qkv.size(1) / (3 * heads) % 2 == 1;
}

std::tuple<Tensor, Tensor, Tensor> forwardCpu(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen,
                                              int64_t heads, double p, const std::optional<Tensor>& key,
                                              const std::optional<at::Generator>& generator,
                                              const std::optional<Tensor>& rowIds, bool causal) {
  const AttentionShape shape = checkedShape(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal);
  if (isComputedInFloat(qkv, heads)) {
    auto [output, logSumExp, randomState] =
        forwardCpu(qkv.to(at::kFloat), cuSeqlens, maxSeqlen, heads, p, key, generator, rowIds, causal);
    return {output.to(at::kBFloat16), logSumExp, randomState};
  }
  const DropoutMask mask(p, numberOf(key), dataOf(rowIds));
  const Tensor source = qkv.contiguous();
  Tensor output = at::empty({shape.tokens, shape.hidden()}, qkv.options()), logSumExp;
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, qkv.scalar_type(), "varlen_attention", [&] {
    using A = Accumulate<scalar_t>;
    logSumExp = at::empty({heads, shape.tokens}, qkv.options().dtype(c10::CppTypeToScalarType<A>::value));
    forEachSlice(shape, [&](int64_t begin, int64_t end) {
      const MatrixUnitsInUse units;
      AttentionForward<scalar_t> forward(shape, p > 0, mask, source.const_data_ptr<scalar_t>(),
                                         output.mutable_data_ptr<scalar_t>(), logSumExp.mutable_data_ptr<A>());
      for (int64_t task = begin; task < end; ++task) forward.run(AttentionTask(shape, task));
    });
  });
  return {output, logSumExp, at::empty({0}, at::kLong)};
}

Tensor backwardCpu(const Tensor& grad, const Tensor& qkv, const Tensor& output, const Tensor& logSumExp,
                   const Tensor& randomState, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                   const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds, bool causal) {
  const AttentionShape shape = checkedShape(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal);
  checkAttentionBackward(grad, qkv, output, logSumExp, heads);
  if (isComputedInFloat(qkv, heads)) {
    return backwardCpu(grad.to(at::kFloat), qkv.to(at::kFloat), output.to(at::kFloat), logSumExp, randomState,
                       cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal)
        .to(at::kBFloat16);
  }
  const DropoutMask mask(p, numberOf(key), dataOf(rowIds));
  const Tensor source = qkv.contiguous(), gradOutput = grad.contiguous();
  Tensor gradQkv = at::empty_like(source);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, qkv.scalar_type(), "varlen_attention_backward", [&] {
    using A = Accumulate<scalar_t>;
    forEachSlice(shape, [&](int64_t begin, int64_t end) {
      const MatrixUnitsInUse units;
      AttentionBackward<scalar_t> backward(shape, p > 0, mask, source.const_data_ptr<scalar_t>(),
                                           output.const_data_ptr<scalar_t>(), gradOutput.const_data_ptr<scalar_t>(),
                                           logSumExp.const_data_ptr<A>(), gradQkv.mutable_data_ptr<scalar_t>());
      for (int64_t task = begin; task < end; ++task) backward.run(AttentionTask(shape, task));
    });
  });
  return gradQkv;
}

auto callForward(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                 const std::optional<Tensor>& key, const std::optional<at::Generator>& generator,
                 const std::optional<Tensor>& rowIds, bool causal) {
  static const auto op = findOperator<decltype(forwardCpu)>("libbert::varlen_attention_forward");
  return op.call(qkv, cuSeqlens, maxSeqlen, heads, p, key, generator, rowIds, causal);
}

auto callBackward(const Tensor& grad, const Tensor& qkv, const Tensor& output, const Tensor& logSumExp,
                  const Tensor& randomState, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                  const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds, bool causal) {
  static const auto op = findOperator<decltype(backwardCpu)>("libbert::varlen_attention_backward");
  return op.call(grad, qkv, output, logSumExp, randomState, cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal);
}

struct Formula : torch::autograd::Function<Formula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen,
                        int64_t heads, double p, const std::optional<Tensor>& key,
                        const std::optional<at::Generator>& generator, const std::optional<Tensor>& rowIds,
                        bool causal) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const auto [output, logSumExp, randomState] =
        callForward(qkv, cuSeqlens, maxSeqlen, heads, p, key, generator, rowIds, causal);
    ctx->save_for_backward(
        {qkv, output, logSumExp, randomState, cuSeqlens, rowIds.value_or(Tensor()), key.value_or(Tensor())});
    ctx->saved_data["maxSeqlen"] = maxSeqlen;
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["p"] = p;
    ctx->saved_data["causal"] = causal;
    return output;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    auto& options = ctx->saved_data;
    const Tensor gradQkv = callBackward(grads[0], saved[0], saved[1], saved[2], saved[3], saved[4],
                                        options["maxSeqlen"].toInt(), options["heads"].toInt(), options["p"].toDouble(),
                                        savedOptional(saved[6]), savedOptional(saved[5]), options["causal"].toBool());
    const Tensor none;
    return {gradQkv, none, none, none, none, none, none, none, none};
  }
};

Tensor withoutGradient(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                       const std::optional<Tensor>& key, const std::optional<at::Generator>& generator,
                       const std::optional<Tensor>& rowIds, bool causal) {
  return std::get<0>(callForward(qkv, cuSeqlens, maxSeqlen, heads, p, key, generator, rowIds, causal));
}

Tensor withGradient(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                    const std::optional<Tensor>& key, const std::optional<at::Generator>& generator,
                    const std::optional<Tensor>& rowIds, bool causal) {
  return Formula::apply(qkv, cuSeqlens, maxSeqlen, heads, p, key, generator, rowIds, causal);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CPU, m) {
  m.impl("varlen_attention_forward", forwardCpu);
  m.impl("varlen_attention_backward", backwardCpu);
}

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("varlen_attention", withoutGradient);
}

TORCH_LIBRARY_IMPL(libbert, Autograd, m) {
  m.impl("varlen_attention", withGradient);
}

}  // namespace libbert
