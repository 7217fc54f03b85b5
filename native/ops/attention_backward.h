// The backward pass of attention, a task at a time. The probabilities are computed again from the log-sum-exp.

#pragma once

#include <algorithm>
#include <memory>

#include "attention_kernels.h"
#include "attention_operands.h"
#include "attention_task.h"

namespace libbert {

template <typename T>
class AttentionBackward {
 public:
  using A = Accumulate<T>;
  using Products = Operands<T>;
  using Element = typename Products::Element;

  AttentionBackward(const AttentionShape& shape, bool drop, DropoutMask mask, const T* qkv, const T* output,
                    const T* grad, const A* logSumExp, T* gradQkv)
      : shape_(shape),
        mask_(mask),
        qkv_(qkv),
        output_(output),
        grad_(grad),
        logSumExp_(logSumExp),
        gradQkv_(gradQkv),
        query_(scratch<Element>(rightSize())),
        key_(scratch<Element>(rightSize())),
        gradOutput_(scratch<Element>(rightSize())),
        keyT_(scratch<Element>(rightTransposedSize())),
        valueT_(scratch<Element>(rightTransposedSize())),
        delta_(scratch<A>(shape.longest)),
        products_(scratch<A>(queriesAtOnce * paddedColumns(shape.longest))),
        gradWeights_(scratch<A>(queriesAtOnce * paddedColumns(shape.longest))),
        weights_(scratch<T>(queriesAtOnce * paddedColumns(shape.longest))),
        gradScores_(scratch<T>(queriesAtOnce * paddedColumns(shape.longest))),
        transposed_(scratch<Element>(Products::transposedSize(queriesAtOnce, paddedColumns(shape.longest)))),
        gradQuery_(scratch<A>(queriesAtOnce * shape.paddedHeadSize())),
        gradKey_(scratch<A>(shape.longest * shape.paddedHeadSize())),
        gradValue_(scratch<A>(shape.longest * shape.paddedHeadSize())) {
    if (drop) words_ = scratch<uint32_t>(queriesAtOnce * paddedColumns(shape.longest) + columnsAtOnce);
  }

  void run(const AttentionTask& task) {
    const int64_t padded = shape_.paddedHeadSize(), length = task.length;
    gather(task);
    std::fill_n(gradKey_.get(), length * padded, A{0});
    std::fill_n(gradValue_.get(), length * padded, A{0});
    for (int64_t first = 0; first < length; first += queriesAtOnce) {
      runBlock(task, first, std::min(queriesAtOnce, length - first));
    }
    T* target = gradQkv_ + task.start * rowStride() + task.head * shape_.headSize;
    scatter(target + shape_.hidden(), gradKey_.get(), length, shape_.scale());
    scatter(target + 2 * shape_.hidden(), gradValue_.get(), length, A{1});
  }

 private:
  int64_t rightSize() const {
    return Products::depthOfKeys(shape_.longest) * shape_.paddedHeadSize();
  }

  int64_t rightTransposedSize() const {
    return Products::depthOf(shape_.headSize) * paddedColumns(shape_.longest);
  }

  int64_t rowStride() const {
    return 3 * shape_.hidden();
  }

  void gather(const AttentionTask& task) {
    const int64_t hidden = shape_.hidden(), atHead = task.head * shape_.headSize;
    const T* query = qkv_ + task.start * rowStride() + atHead;
    const T* grad = grad_ + task.start * hidden + atHead;
    gather(query_.get(), query, rowStride(), task.length);
    gather(key_.get(), query + hidden, rowStride(), task.length);
    gather(gradOutput_.get(), grad, hidden, task.length);
    gatherTransposed(keyT_.get(), query + hidden, task.length);
    gatherTransposed(valueT_.get(), query + 2 * hidden, task.length);
    runKernel<RowDots<T>>(delta_.get(), grad, output_ + task.start * hidden + atHead, hidden, task.length,
                          shape_.headSize);
  }

  void gather(Element* target, const T* source, int64_t sourceStride, int64_t length) {
    gatherRight(target, shape_.paddedHeadSize(), source, sourceStride, length, shape_.headSize);
  }

  void gatherTransposed(Element* target, const T* source, int64_t length) {
    runKernel<typename Products::RightTransposed>(target, paddedColumns(length), source, rowStride(), length,
                                                  shape_.headSize);
  }

  void runBlock(const AttentionTask& task, int64_t first, int64_t rows) {
    const int64_t stride = paddedColumns(task.length), keys = shape_.causal ? first + rows : task.length;
    const int64_t token = task.start + first;
    if (words_) runKernel<DrawWords>(words_.get(), token, rows, keys, task.head, mask_);

    const int64_t hidden = shape_.hidden(), atHead = task.head * shape_.headSize;
    const auto query = Products::left(qkv_ + token * rowStride() + atHead, rowStride());
    const auto gradOutput = Products::left(grad_ + token * hidden + atHead, hidden);
    const int64_t depth = Products::depthOf(shape_.headSize);
    smallGemm(query, keyT_.get(), stride, products_.get(), stride, rows, paddedColumns(keys), depth, false);
    smallGemm(gradOutput, valueT_.get(), stride, gradWeights_.get(), stride, rows, paddedColumns(keys), depth, false);
    const ScoreBlock<A> block{
        products_.get(), static_cast<A>(shape_.scale()), stride, rows, keys, first, shape_.causal, words_.get(), mask_};
    runKernel<SoftmaxDropoutBackward<T>>(block, gradWeights_.get(), delta_.get() + first,
                                         logSumExp_ + task.head * shape_.tokens + token, weights_.get(),
                                         gradScores_.get());
    addTransposed(gradValue_.get(), weights_.get(), gradOutput_.get(), first, rows, keys, stride);
    addTransposed(gradKey_.get(), gradScores_.get(), query_.get(), first, rows, keys, stride);
    const int64_t padded = shape_.paddedHeadSize();
    smallGemm(Products::left(gradScores_.get(), stride), key_.get(), padded, gradQuery_.get(), padded, rows, padded,
              Products::depthOfKeys(keys), false);
    scatter(gradQkv_ + token * rowStride() + atHead, gradQuery_.get(), rows, shape_.scale());
  }

  /** target [keys, head size] += block^T right, where right is gathered from the whole sequence and block starts at
   * `first`. */
  void addTransposed(A* target, const T* block, const Element* right, int64_t first, int64_t rows, int64_t keys,
                     int64_t stride) {
    const int64_t padded = shape_.paddedHeadSize();
    smallGemm(Products::leftTransposed(block, stride, rows, transposed_.get()),
              right + Products::depthOf(first) * padded, padded, target, padded, keys, padded, Products::depthOf(rows),
              true);
  }

  void scatter(T* target, const A* source, int64_t rows, A factor) {
    const A* noFactors = nullptr;
    runKernel<ScatterHead<T>>(target, rowStride(), source, shape_.paddedHeadSize(), rows, shape_.headSize, factor,
                              noFactors);
  }

  const AttentionShape shape_;
  const DropoutMask mask_;
  const T *qkv_, *output_, *grad_;
  const A* logSumExp_;  // [heads, tokens]
  T* gradQkv_;
  std::unique_ptr<Element[], FreeScratch> query_, key_, gradOutput_, keyT_, valueT_;
  std::unique_ptr<A[], FreeScratch> delta_, products_, gradWeights_;
  std::unique_ptr<T[], FreeScratch> weights_, gradScores_;
  std::unique_ptr<Element[], FreeScratch> transposed_;
  std::unique_ptr<A[], FreeScratch> gradQuery_, gradKey_, gradValue_;
  std::unique_ptr<uint32_t[], FreeScratch> words_;
};

}  // namespace libbert
