// bert_embeddings_forward on a GPU, with the kernel in kernels/embeddings_forward.h.

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "compositions.h"
#include "kernel_choice.h"
#include "kernel_inputs.h"
#include "kernel_operators.h"
#include "kernels/embeddings_forward.h"

namespace libbert {
namespace {

using at::Tensor;

/** As the kernel reads them: the table in packs, and ids of int64. */
struct LookedUp {
  Tensor table, ids;

  LookedUp(const Tensor& table, const Tensor& ids) : table(aligned(table)), ids(ids.to(at::kLong).contiguous()) {}

  template <typename T>
  Table<T> pointers() const {
    return {table.const_data_ptr<T>(), ids.const_data_ptr<int64_t>(), table.size(0)};
  }
};

}  // namespace

std::tuple<Tensor, Tensor, Tensor, Tensor> bertEmbeddingsForward(
    const Tensor& words, const Tensor& wordIds, const Tensor& positions, const Tensor& positionIds,
    const std::optional<Tensor>& segments, const std::optional<Tensor>& segmentIds, const Tensor& weight,
    const Tensor& bias, double eps, double p, const std::optional<Tensor>& key, const std::optional<Tensor>& rowIds) {
  checkBertEmbeddings(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias);
  const int64_t tokens = wordIds.numel();
  checkDropout(p, key, rowIds, tokens);
  if (!isTaken(OwnKernels::bertEmbeddings) || !rowFits(words)) {
    return composeBertEmbeddingsForward(words, wordIds, positions, positionIds, segments, segmentIds, weight, bias, eps,
                                        p, key, rowIds);
  }
  const c10::OptionalDeviceGuard guard(words.device());
  const int width = static_cast<int>(words.size(1));
  const LookedUp word(words, wordIds), position(positions, positionIds);
  const auto segment = segments ? std::optional<LookedUp>({*segments, *segmentIds}) : std::nullopt;
  const Tensor w = aligned(weight), b = aligned(bias);
  const Tensor sum = at::empty({tokens, width}, words.options()), output = at::empty_like(sum);
  const Tensor mean = at::empty({tokens}, words.options().dtype(at::toOpMathType(words.scalar_type())));
  const Tensor rstd = at::empty_like(mean);
  const auto seed = onDeviceOf(words, key), ids = onDeviceOf(words, rowIds);
  const RowDropout dropout(p, dataOf(seed), dataOf(ids));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, words.scalar_type(), "bert_embeddings", [&] {
    using A = Accumulate<scalar_t>;
    const Normalised<scalar_t> normalised{w.const_data_ptr<scalar_t>(),
                                          b.const_data_ptr<scalar_t>(),
                                          output.mutable_data_ptr<scalar_t>(),
                                          mean.mutable_data_ptr<A>(),
                                          rstd.mutable_data_ptr<A>(),
                                          width,
                                          eps};
    launch<EmbeddingsForwardKernel<scalar_t>>(blocksOfRows(tokens),
                                              {word.pointers<scalar_t>(), position.pointers<scalar_t>(),
                                               segment ? segment->pointers<scalar_t>() : Table<scalar_t>(),
                                               sum.mutable_data_ptr<scalar_t>(), normalised, tokens, dropout});
  });
  return {output, sum, mean, rstd};
}

}  // namespace libbert
