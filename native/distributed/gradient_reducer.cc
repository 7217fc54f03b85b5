#include "gradient_reducer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/variable.h>

#include <utility>

namespace libbert {
namespace {

/** What is sent, and where the ranks' sum has to be before the optimizer. */
const at::Tensor& sourceOf(const Chunk& chunk) {
  return chunk.sum.has_value() ? *chunk.sum : chunk.gradient;
}

}  // namespace

/** Autograd calls it when it has added to the parameter's gradient. */
struct GradientReducer::Hook : torch::autograd::PostAccumulateGradHook {
  Hook(GradientReducer* reducer, std::vector<int64_t> chunks) : reducer(reducer), chunks(std::move(chunks)) {}
  void operator()(const at::Tensor&) override {
    reducer->onGradientReady(chunks);
  }

  GradientReducer* reducer;
  std::vector<int64_t> chunks;
};

GradientReducer::GradientReducer(std::shared_ptr<Group> group, std::vector<Chunk> chunks,
                                 const std::vector<at::Tensor>& parameters,
                                 const std::vector<std::vector<int64_t>>& chunksOf, at::ScalarType wire)
    : group_(std::move(group)),
      chunks_(std::move(chunks)),
      parameters_(parameters),
      parametersIn_(chunks_.size()),
      wire_(wire),
      timer_(chunks_.at(0).gradient.device()) {
  for (size_t p = 0; p < parameters.size(); ++p) {
    for (const int64_t chunk : chunksOf.at(p)) ++parametersIn_.at(chunk);
  }
  for (size_t p = 0; p < parameters.size(); ++p) {
    torch::autograd::impl::set_post_acc_grad_hooks(parameters[p], std::make_unique<Hook>(this, chunksOf[p]));
  }
}

GradientReducer::~GradientReducer() {
  for (const auto& parameter : parameters_) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientReducer::start() {
  started_ = true;
  missing_ = parametersIn_;
  transfers_.clear();
}

void GradientReducer::onGradientReady(const std::vector<int64_t>& chunks) {
  if (!started_) return;  // of a micro-batch before the last
  for (const int64_t chunk : chunks) --missing_[chunk];
  // In order, so that all ranks send the same chunk at the same time.
  while (transfers_.size() < chunks_.size() && missing_[transfers_.size()] == 0) send(chunks_[transfers_.size()]);
}

void GradientReducer::send(const Chunk& chunk) {
  at::NoGradGuard noGrad;
  if (transfers_.empty()) timer_.sendsFirstChunk();
  if (chunk.sum.has_value()) {
    chunk.sum->add_(chunk.gradient);
    chunk.gradient.zero_();
  }
  Transfer transfer;
  transfer.wire = sourceOf(chunk).to(wire_);  // the same tensor where it has that dtype already
  if (chunk.own.defined()) {
    transfer.shard = at::empty(chunk.own.sizes(), transfer.wire.options());
    transfer.work = group_->reduceScatter(transfer.shard, transfer.wire);
  } else {
    transfer.work = group_->allReduce(transfer.wire);
  }
  transfers_.push_back(std::move(transfer));
}

void GradientReducer::finish() {
  started_ = false;
  timer_.backwardIsOver();
  while (transfers_.size() < chunks_.size()) send(chunks_[transfers_.size()]);
  for (size_t i = 0; i < chunks_.size(); ++i) {
    transfers_[i].work->wait();
    receive(chunks_[i], transfers_[i]);
  }
  transfers_.clear();
  timer_.allHaveArrived();
}

void GradientReducer::receive(const Chunk& chunk, const Transfer& transfer) {
  at::NoGradGuard noGrad;
  if (chunk.own.defined()) {
    chunk.own.copy_(transfer.shard);
  } else if (!transfer.wire.is_same(sourceOf(chunk))) {
    sourceOf(chunk).copy_(transfer.wire);
  }
}

}  // namespace libbert
