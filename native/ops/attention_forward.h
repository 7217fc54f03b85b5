// The forward pass of attention, a task at a time.

#pragma once

#include <algorithm>
#include <memory>

#include "attention_kernels.h"
#include "attention_task.h"
#include "small_gemm.h"

namespace libbert {

template <typename T>
class AttentionForward {
 public:
  using A = Accumulate<T>;

  AttentionForward(const AttentionShape& shape, bool drop, DropoutMask mask, const T* qkv, T* output, A* logSumExp)
      : shape_(shape),
        mask_(mask),
        qkv_(qkv),
        output_(output),
        logSumExp_(logSumExp),
        query_(scratch<A>(shape.longest * shape.headSize)),
        keyT_(scratch<A>(shape.headSize * paddedColumns(shape.longest))),
        value_(scratch<A>(shape.longest * shape.paddedHeadSize())),
        scores_(scratch<A>(queriesAtOnce * paddedColumns(shape.longest))),
        result_(scratch<A>(queriesAtOnce * shape.paddedHeadSize())) {
    if (drop) words_ = scratch<uint32_t>(queriesAtOnce * paddedColumns(shape.longest) + columnsAtOnce);
  }

  void run(const AttentionTask& task) {
    const int64_t size = shape_.headSize, hidden = shape_.hidden(), rowStride = 3 * hidden;
    const T* source = qkv_ + task.start * rowStride + task.head * size;
    runKernel<GatherHead<T>>(query_.get(), size, source, rowStride, task.length, size, static_cast<A>(shape_.scale()));
    runKernel<GatherTransposed<T>>(keyT_.get(), paddedColumns(task.length), source + hidden, rowStride, task.length,
                                   size);
    runKernel<GatherHead<T>>(value_.get(), shape_.paddedHeadSize(), source + 2 * hidden, rowStride, task.length, size,
                             A{1});
    for (int64_t first = 0; first < task.length; first += queriesAtOnce) {
      runBlock(task, first, std::min(queriesAtOnce, task.length - first));
    }
  }

 private:
  void runBlock(const AttentionTask& task, int64_t first, int64_t rows) {
    const int64_t size = shape_.headSize, padded = shape_.paddedHeadSize(), stride = paddedColumns(task.length);
    const int64_t keys = shape_.causal ? first + rows : task.length;
    const int64_t token = task.start + first;
    if (words_) runKernel<DrawWords>(words_.get(), token, rows, keys, task.head, mask_);

    const ScoreBlock<A> block{scores_.get(), stride, rows, keys, first, shape_.causal, words_.get(), mask_};
    A factors[queriesAtOnce];
    smallGemm<A>({query_.get() + first * size, size, 1}, keyT_.get(), stride, scores_.get(), stride, rows,
                 paddedColumns(keys), size, false);
    runKernel<SoftmaxDropout<A>>(block, factors, logSumExp_ + task.head * shape_.tokens + token);
    smallGemm<A>({scores_.get(), stride, 1}, value_.get(), padded, result_.get(), padded, rows, padded, keys, false);
    runKernel<ScatterHead<T>>(output_ + token * shape_.hidden() + task.head * size, shape_.hidden(), result_.get(),
                              padded, rows, size, A{1}, factors);
  }

  const AttentionShape shape_;
  const DropoutMask mask_;
  const T* qkv_;
  T* output_;
  A* logSumExp_;  // [heads, tokens]
  std::unique_ptr<A[], FreeScratch> query_, keyT_, value_, scores_, result_;
  std::unique_ptr<uint32_t[], FreeScratch> words_;
};

}  // namespace libbert
