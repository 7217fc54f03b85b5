// varlen_attention: softmax(Q K^T / sqrt(head size)) V for each head of each sequence of a packed batch (Vaswani et
// al., 2017). A task is one head of one sequence: its rows are copied to contiguous scratch once, then blocks of
// queries pass through product, softmax with dropout, product, so that a block's scores stay in the L2 cache.

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <tuple>

#include "arguments.h"
#include "attention_kernels.h"
#include "autograd.h"
#include "small_gemm.h"
#include "symbol_version.h"

LIBBERT_OLDEST_VERSION(exp);
LIBBERT_OLDEST_VERSION(log);

namespace libbert {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t queriesAtOnce = 48;  // a multiple of the row counts of small_gemm.h's tiles

struct FreeScratch {
  void operator()(void* data) const {
    c10::free_cpu(data);
  }
};

/** Uninitialised memory that starts on a cache line. */
template <typename T>
std::unique_ptr<T[], FreeScratch> scratch(int64_t count) {
  return std::unique_ptr<T[], FreeScratch>(static_cast<T*>(c10::alloc_cpu(count * sizeof(T))));
}

struct Shape {
  const int32_t* offsets;  // [sequences + 1]
  int64_t sequences, tokens, heads, headSize, longest;
  bool causal;

  int64_t hidden() const {
    return heads * headSize;
  }
  int64_t paddedHeadSize() const {
    return paddedColumns(headSize);
  }
  double scale() const {
    return 1 / std::sqrt(static_cast<double>(headSize));
  }
};

Shape checkedShape(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                   const std::optional<Tensor>& rowIds, bool causal) {
  checkPackedHeads(qkv, heads);
  checkDropout(p, rowIds, qkv.size(0));
  const int64_t longest = checkOffsets(cuSeqlens, qkv.size(0), maxSeqlen);
  return {cuSeqlens.const_data_ptr<int32_t>(), cuSeqlens.size(0) - 1, qkv.size(0), heads, qkv.size(1) / (3 * heads),
          longest, causal};
}

/** Calls work(tasks) once per thread, each with its own share of [0, heads * sequences). */
template <typename Work>
void forEachShare(const Shape& shape, Work work) {
  const int64_t tasks = shape.heads * shape.sequences;
  const int64_t elements = 3 * shape.tokens * shape.hidden();
  at::parallel_for(0, tasks, tasks * elementsPerThread / (elements + 1) + 1, work);
}

/** One head of one sequence. Heads are the outer order, so that shares of the tasks hold the same mix of lengths. */
struct Task {
  int64_t head, start, length;  // start: the sequence's first token

  Task(const Shape& shape, int64_t index)
      : head(index / shape.sequences),
        start(shape.offsets[index % shape.sequences]),
        length(shape.offsets[index % shape.sequences + 1] - start) {}
};

template <typename T>
class Forward {
 public:
  using A = Accumulate<T>;

  Forward(const Shape& shape, bool drop, DropoutMask mask, const T* qkv, T* output, A* logSumExp)
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

  void run(const Task& task) {
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
  void runBlock(const Task& task, int64_t first, int64_t rows) {
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

  const Shape shape_;
  const DropoutMask mask_;
  const T* qkv_;
  T* output_;
  A* logSumExp_;  // [heads, tokens]
  std::unique_ptr<A[], FreeScratch> query_, keyT_, value_, scores_, result_;
  std::unique_ptr<uint32_t[], FreeScratch> words_;
};

template <typename T>
class Backward {
 public:
  using A = Accumulate<T>;

  Backward(const Shape& shape, bool drop, DropoutMask mask, const T* qkv, const T* output, const T* grad,
           const A* logSumExp, T* gradQkv)
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

  void run(const Task& task) {
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
  void gather(const Task& task) {
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

  void runBlock(const Task& task, int64_t first, int64_t rows) {
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

  const Shape shape_;
  const DropoutMask mask_;
  const T *qkv_, *output_, *grad_;
  const A* logSumExp_;  // [heads, tokens]
  T* gradQkv_;
  std::unique_ptr<A[], FreeScratch> query_, key_, keyT_, valueT_, gradOutput_, delta_;
  std::unique_ptr<A[], FreeScratch> scores_, gradScores_, gradQuery_, gradKey_, gradValue_;
  std::unique_ptr<uint32_t[], FreeScratch> words_;
};

std::tuple<Tensor, Tensor, Tensor> forwardCpu(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen,
                                              int64_t heads, double p, int64_t key,
                                              const std::optional<Tensor>& rowIds, bool causal) {
  const Shape shape = checkedShape(qkv, cuSeqlens, maxSeqlen, heads, p, rowIds, causal);
  const DropoutMask mask(p, key, dataOf(rowIds));
  const Tensor source = qkv.contiguous();
  Tensor output = at::empty({shape.tokens, shape.hidden()}, qkv.options()), logSumExp;
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, qkv.scalar_type(), "varlen_attention", [&] {
    using A = Accumulate<scalar_t>;
    logSumExp = at::empty({heads, shape.tokens}, qkv.options().dtype(c10::CppTypeToScalarType<A>::value));
    forEachShare(shape, [&](int64_t begin, int64_t end) {
      Forward<scalar_t> forward(shape, p > 0, mask, source.const_data_ptr<scalar_t>(),
                                output.mutable_data_ptr<scalar_t>(), logSumExp.mutable_data_ptr<A>());
      for (int64_t task = begin; task < end; ++task) forward.run(Task(shape, task));
    });
  });
  return {output, logSumExp, at::empty({0}, at::kLong)};
}

Tensor backwardCpu(const Tensor& grad, const Tensor& qkv, const Tensor& output, const Tensor& logSumExp,
                   const Tensor& /*randomState*/, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                   int64_t key, const std::optional<Tensor>& rowIds, bool causal) {
  const Shape shape = checkedShape(qkv, cuSeqlens, maxSeqlen, heads, p, rowIds, causal);
  const DropoutMask mask(p, key, dataOf(rowIds));
  const Tensor source = qkv.contiguous(), gradOutput = grad.contiguous();
  Tensor gradQkv = at::empty_like(source);
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, qkv.scalar_type(), "varlen_attention_backward", [&] {
    using A = Accumulate<scalar_t>;
    forEachShare(shape, [&](int64_t begin, int64_t end) {
      Backward<scalar_t> backward(shape, p > 0, mask, source.const_data_ptr<scalar_t>(),
                                  output.const_data_ptr<scalar_t>(), gradOutput.const_data_ptr<scalar_t>(),
                                  logSumExp.const_data_ptr<A>(), gradQkv.mutable_data_ptr<scalar_t>());
      for (int64_t task = begin; task < end; ++task) backward.run(Task(shape, task));
    });
  });
  return gradQkv;
}

auto callForward(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p, int64_t key,
                 const std::optional<Tensor>& rowIds, bool causal) {
  static const auto op = findOperator<decltype(forwardCpu)>("libbert::varlen_attention_forward");
  return op.call(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal);
}

auto callBackward(const Tensor& grad, const Tensor& qkv, const Tensor& output, const Tensor& logSumExp,
                  const Tensor& randomState, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                  int64_t key, const std::optional<Tensor>& rowIds, bool causal) {
  static const auto op = findOperator<decltype(backwardCpu)>("libbert::varlen_attention_backward");
  return op.call(grad, qkv, output, logSumExp, randomState, cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal);
}

struct Formula : torch::autograd::Function<Formula> {
  static Tensor forward(AutogradContext* ctx, const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen,
                        int64_t heads, double p, int64_t key, const std::optional<Tensor>& rowIds, bool causal) {
    at::AutoDispatchBelowADInplaceOrView guard;
    const auto [output, logSumExp, randomState] = callForward(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal);
    ctx->save_for_backward({qkv, output, logSumExp, randomState, cuSeqlens, rowIds.value_or(Tensor())});
    ctx->saved_data["maxSeqlen"] = maxSeqlen;
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["p"] = p;
    ctx->saved_data["key"] = key;
    ctx->saved_data["causal"] = causal;
    return output;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    auto& options = ctx->saved_data;
    const Tensor gradQkv = callBackward(grads[0], saved[0], saved[1], saved[2], saved[3], saved[4],
                                        options["maxSeqlen"].toInt(), options["heads"].toInt(),
                                        options["p"].toDouble(), options["key"].toInt(), savedOptional(saved[5]),
                                        options["causal"].toBool());
    return {gradQkv, Tensor(), Tensor(), Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

Tensor withoutGradient(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                       int64_t key, const std::optional<Tensor>& rowIds, bool causal) {
  return std::get<0>(callForward(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal));
}

Tensor withGradient(const Tensor& qkv, const Tensor& cuSeqlens, int64_t maxSeqlen, int64_t heads, double p,
                    int64_t key, const std::optional<Tensor>& rowIds, bool causal) {
  return Formula::apply(qkv, cuSeqlens, maxSeqlen, heads, p, key, rowIds, causal);
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
