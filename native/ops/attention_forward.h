// The forward pass of attention, a task at a time.

#pragma once

#include <algorithm>
#include <memory>

#include "attention_kernels.h"
#include "attention_operands.h"
#include "attention_task.h"

namespace libbert {

template <typename T>
class AttentionForward {
 public:
  using A = Accumulate<T>;
  using Element = typename Operands<T>::Element;

  AttentionForward(const AttentionShape& shape, bool drop, DropoutMask mask, const T* qkv, T* output, A* logSumExp)
      : shape_(shape),
        mask_(mask),
        qkv_(qkv),
        output_(output),
        logSumExp_(logSumExp),
        keyT_(scratch<Element>(Operands<T>::depthOf(shape.headSize) * paddedColumns(shape.longest))),
        value_(scratch<Element>(Operands<T>::depthOfKeys(shape.longest) * shape.paddedHeadSize())),
        products_(scratch<A>(queriesAtOnce * paddedColumns(shape.longest))),
        weights_(scratch<T>(queriesAtOnce * paddedColumns(shape.longest))),
        result_(scratch<A>(queriesAtOnce * shape.paddedHeadSize())) {
    if (drop) words_ = scratch<uint32_t>(queriesAtOnce * paddedColumns(shape.longest) + columnsAtOnce);
  }

  void run(const AttentionTask& task) {
    const int64_t size = shape_.headSize, hidden = shape_.hidden(), rowStride = 3 * hidden;
    const T* query = qkv_ + task.start * rowStride + task.head * size;
    runKernel<typename Operands<T>::RightTransposed>(keyT_.get(), paddedColumns(task.length), query + hidden, rowStride,
                                                     task.length, size);
    gatherRight(value_.get(), shape_.paddedHeadSize(), query + 2 * hidden, rowStride, task.length, size);
    for (int64_t first = 0; first < task.length; first += queriesAtOnce) {
      runBlock(task, query + first * rowStride, first, std::min(queriesAtOnce, task.length - first));
    }
  }

 private:
  void runBlock(const AttentionTask& task, const T* query, int64_t first, int64_t rows) {
    using Products = Operands<T>;
    const int64_t size = shape_.headSize, padded = shape_.paddedHeadSize(), stride = paddedColumns(task.length);
    const int64_t keys = shape_.causal ? first + rows : task.length;
    const int64_t token = task.start + first;
    if (words_) runKernel<DrawWords>(words_.get(), token, rows, keys, task.head, mask_);

    smallGemm(Products::left(query, 3 * shape_.hidden()), keyT_.get(), stride, products_.get(), stride, rows,
              paddedColumns(keys), Products::depthOf(size), false);
    const ScoreBlock<A> block{
        products_.get(), static_cast<A>(shape_.scale()), stride, rows, keys, first, shape_.causal, words_.get(), mask_};
    A factors[queriesAtOnce];
    runKernel<SoftmaxDropout<T>>(block, weights_.get(), factors, logSumExp_ + task.head * shape_.tokens + token);
    smallGemm(Products::left(weights_.get(), stride), value_.get(), padded, result_.get(), padded, rows, padded,
              Products::depthOfKeys(keys), false);
    runKernel<ScatterHead<T>>(output_ + token * shape_.hidden() + task.head * size, shape_.hidden(), result_.get(),
                              padded, rows, size, A{1}, factors);
  }

  const AttentionShape shape_;
  const DropoutMask mask_;
  const T* qkv_;
  T* output_;
  A* logSumExp_;  // [heads, tokens]
  std::unique_ptr<Element[], FreeScratch> keyT_, value_;
  std::unique_ptr<A[], FreeScratch> products_;
  std::unique_ptr<T[], FreeScratch> weights_;
  std::unique_ptr<A[], FreeScratch> result_;
  std::unique_ptr<uint32_t[], FreeScratch> words_;
};

}  // namespace libbert
