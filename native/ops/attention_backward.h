// The backward pass of attention, a task at a time. The probabilities are computed again from the log-sum-exp.

#pragma once

#include <algorithm>
#include <memory>

#include "attention_kernels.h"
#include "attention_task.h"
#include "small_gemm.h"

namespace libbert {

template <typename T>
class AttentionBackward {
 public:
  using A = Accumulate<T>;

  AttentionBackward(const AttentionShape& shape, bool drop, DropoutMask mask, const T* qkv, const T* output,
                    const T* grad, const A* logSumExp, T* gradQkv)
      : shape_(shape),
        mask_(mask),
        qkv_(qkv),
        output_(output),
        grad_(grad),
        logSumExp_(logSumExp),
        gradQkv_(gradQkv),
        query_(scratch<A>(shape.longest * shape.paddedHeadSize())),
        key_(scratch<A>(shape.longest * shape.paddedHeadSize())),
        keyT_(scratch<A>(shape.headSize * paddedColumns(shape.longest))),
        valueT_(scratch<A>(shape.headSize * paddedColumns(shape.longest))),
        gradOutput_(scratch<A>(shape.longest * shape.paddedHeadSize())),
        delta_(scratch<A>(shape.longest)),
        scores_(scratch<A>(queriesAtOnce * paddedColumns(shape.longest))),
        gradScores_(scratch<A>(queriesAtOnce * paddedColumns(shape.longest))),
        gradQuery_(scratch<A>(queriesAtOnce * shape.paddedHeadSize())),
        gradKey_(scratch<A>(shape.longest * shape.paddedHeadSize())),
        gradValue_(scratch<A>(shape.longest * shape.paddedHeadSize())) {
    if (drop) words_ = scratch<uint32_t>(queriesAtOnce * paddedColumns(shape.longest) + columnsAtOnce);
  }

  void run(const AttentionTask& task) {
    const int64_t size = shape_.headSize, padded = shape_.paddedHeadSize(), hidden = shape_.hidden();
    const int64_t length = task.length;
    gather(task);
    std::fill_n(gradKey_.get(), length * padded, A{0});
    std::fill_n(gradValue_.get(), length * padded, A{0});
    for (int64_t first = 0; first < length; first += queriesAtOnce) {
      runBlock(task, first, std::min(queriesAtOnce, length - first));
    }
    // The queries in scratch carry the scale already, and with them the gradient of the keys.
    T* target = gradQkv_ + task.start * 3 * hidden + task.head * size;
    scatter(target + hidden, gradKey_.get(), length, A{1});
    scatter(target + 2 * hidden, gradValue_.get(), length, A{1});
  }

 private:
  void gather(const AttentionTask& task) {
    const int64_t size = shape_.headSize, padded = shape_.paddedHeadSize(), hidden = shape_.hidden();
    const int64_t length = task.length, stride = paddedColumns(length), rowStride = 3 * hidden;
    const T* source = qkv_ + task.start * rowStride + task.head * size;
    const int64_t rowOffset = task.start * hidden + task.head * size;
    const A scale = shape_.scale();
    runKernel<GatherHead<T>>(query_.get(), padded, source, rowStride, length, size, scale);
    runKernel<GatherHead<T>>(key_.get(), padded, source + hidden, rowStride, length, size, A{1});
    runKernel<GatherTransposed<T>>(keyT_.get(), stride, source + hidden, rowStride, length, size);
    runKernel<GatherTransposed<T>>(valueT_.get(), stride, source + 2 * hidden, rowStride, length, size);
    runKernel<GatherHead<T>>(gradOutput_.get(), padded, grad_ + rowOffset, hidden, length, size, A{1});
    runKernel<RowDots<T>>(delta_.get(), gradOutput_.get(), padded, output_ + rowOffset, hidden, length, size);
  }

  void runBlock(const AttentionTask& task, int64_t first, int64_t rows) {
    const int64_t size = shape_.headSize, padded = shape_.paddedHeadSize(), stride = paddedColumns(task.length);
    const int64_t keys = shape_.causal ? first + rows : task.length;
    const int64_t token = task.start + first;
    if (words_) runKernel<DrawWords>(words_.get(), token, rows, keys, task.head, mask_);

    const A* query = query_.get() + first * padded;
    const A* gradOutput = gradOutput_.get() + first * padded;
    smallGemm<A>({query, padded, 1}, keyT_.get(), stride, scores_.get(), stride, rows, paddedColumns(keys), size,
                 false);
    smallGemm<A>({gradOutput, padded, 1}, valueT_.get(), stride, gradScores_.get(), stride, rows, paddedColumns(keys),
                 size, false);
    const ScoreBlock<A> block{scores_.get(), stride, rows, keys, first, shape_.causal, words_.get(), mask_};
    runKernel<SoftmaxDropoutBackward<A>>(block, gradScores_.get(), delta_.get() + first,
                                         logSumExp_ + task.head * shape_.tokens + token);
    smallGemm<A>({scores_.get(), 1, stride}, gradOutput, padded, gradValue_.get(), padded, keys, padded, rows, true);
    smallGemm<A>({gradScores_.get(), 1, stride}, query, padded, gradKey_.get(), padded, keys, padded, rows, true);
    smallGemm<A>({gradScores_.get(), stride, 1}, key_.get(), padded, gradQuery_.get(), padded, rows, padded, keys,
                 false);
    scatter(gradQkv_ + token * 3 * shape_.hidden() + task.head * size, gradQuery_.get(), rows, shape_.scale());
  }

  void scatter(T* target, const A* source, int64_t rows, A factor) {
    const A* noFactors = nullptr;
    runKernel<ScatterHead<T>>(target, 3 * shape_.hidden(), source, shape_.paddedHeadSize(), rows, shape_.headSize,
                              factor, noFactors);
  }

  const AttentionShape shape_;
  const DropoutMask mask_;
  const T *qkv_, *output_, *grad_;
  const A* logSumExp_;  // [heads, tokens]
  T* gradQkv_;
  std::unique_ptr<A[], FreeScratch> query_, key_, keyT_, valueT_, gradOutput_, delta_;
  std::unique_ptr<A[], FreeScratch> scores_, gradScores_, gradQuery_, gradKey_, gradValue_;
  std::unique_ptr<uint32_t[], FreeScratch> words_;
};

}  // namespace libbert
