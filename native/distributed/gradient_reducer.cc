#include "gradient_reducer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/variable.h>

#include <utility>

namespace libbert {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Where the ranks' sum has to be before the optimizer: what is sent.
const at::Tensor& SourceOf(const Chunk& chunk) { return chunk.sum.has_value() ? *chunk.sum : chunk.gradient; }

}  // namespace

// Autograd calls it when it has added to the parameter's gradient.
struct GradientReducer::Hook : torch::autograd::PostAccumulateGradHook {
  Hook(GradientReducer* reducer, std::vector<int64_t> chunks) : reducer(reducer), chunks(std::move(chunks)) {}
  void operator()(const at::Tensor&) override { reducer->GradientIsThere(chunks); }

  GradientReducer* reducer;
  std::vector<int64_t> chunks;
};

GradientReducer::GradientReducer(std::shared_ptr<Group> group, std::vector<Chunk> chunks,
                                 const std::vector<at::Tensor>& parameters,
                                 const std::vector<std::vector<int64_t>>& chunks_of, at::ScalarType wire)
    : group_(std::move(group)), chunks_(std::move(chunks)), parameters_(parameters), parameters_in_(chunks_.size()), wire_(wire) {
  for (size_t p = 0; p < parameters.size(); ++p) {
    for (const int64_t chunk : chunks_of.at(p)) ++parameters_in_.at(chunk);
    torch::autograd::impl::set_post_acc_grad_hooks(parameters[p], std::make_unique<Hook>(this, chunks_of[p]));
  }
}

GradientReducer::~GradientReducer() {
  for (const auto& parameter : parameters_) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientReducer::Start() {
  started_ = true;
  missing_ = parameters_in_;
  shipments_.clear();
}

void GradientReducer::GradientIsThere(const std::vector<int64_t>& chunks) {
  if (!started_) return;  // of a micro-batch before the last
  for (const int64_t chunk : chunks) --missing_[chunk];
  // In order, so that all ranks send the same chunk at the same time.
  while (shipments_.size() < chunks_.size() && missing_[shipments_.size()] == 0) Send(chunks_[shipments_.size()]);
}

void GradientReducer::Send(const Chunk& chunk) {
  at::NoGradGuard no_grad;
  if (shipments_.empty()) first_sent_ = Clock::now();
  if (chunk.sum.has_value()) {
    chunk.sum->add_(chunk.gradient);
    chunk.gradient.zero_();
  }
  Shipment shipment;
  shipment.wire = SourceOf(chunk).to(wire_);  // the same tensor where it has that dtype already
  if (chunk.own.defined()) {
    shipment.part = at::empty(chunk.own.sizes(), shipment.wire.options());
    shipment.work = group_->ReduceScatter(shipment.part, shipment.wire);
  } else {
    shipment.work = group_->AllReduce(shipment.wire);
  }
  shipments_.push_back(std::move(shipment));
}

std::pair<double, double> GradientReducer::Finish() {
  started_ = false;
  const auto backward_over = Clock::now();
  while (shipments_.size() < chunks_.size()) Send(chunks_[shipments_.size()]);
  for (size_t i = 0; i < chunks_.size(); ++i) {
    shipments_[i].work->wait();
    Receive(chunks_[i], shipments_[i]);
  }
  shipments_.clear();
  return {SecondsSince(first_sent_), SecondsSince(backward_over)};
}

void GradientReducer::Receive(const Chunk& chunk, const Shipment& shipment) {
  at::NoGradGuard no_grad;
  if (chunk.own.defined()) {
    chunk.own.copy_(shipment.part);
  } else if (!shipment.wire.is_same(SourceOf(chunk))) {
    SourceOf(chunk).copy_(shipment.wire);
  }
}

}  // namespace libbert
