// LibTorch's wheels are built with Gloo; its headers offer it where this is defined.
#define USE_C10D_GLOO

#include "group.h"

#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <utility>

#include "../ops/find_operator.h"

namespace libbert {

Group::Group(const Store& store, int64_t rank, int64_t size, const std::string& address,
             std::chrono::milliseconds timeout)
    : timeout_(timeout), group_(c10::make_intrusive<c10d::ProcessGroup>(store.keys(), rank, size)) {
  const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(address));
  const auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store.keys(), rank, size, options);
  group_->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::GLOO, gloo);
  group_->setDefaultBackend(c10d::ProcessGroup::GLOO);
}

void Group::addNccl() {
  using Signature = void(const c10::intrusive_ptr<c10d::ProcessGroup>&, int64_t);
  static const auto add = findOperator<Signature>("libbert::add_nccl");
  add.call(group_, timeout_.count());
  hasNccl_ = true;
}

void Group::check() const {
  if (!hasNccl_) return;
  const c10d::ErrorType error = group_->getBackend(c10::DeviceType::CUDA)->getError();
  TORCH_CHECK(error != c10d::ErrorType::TIMEOUT, "a call between GPUs was not done in time");
  TORCH_CHECK(error == c10d::ErrorType::SUCCESS, "a call between GPUs failed");
}

void Group::end() {
  if (hasNccl_) group_->getBackend(c10::DeviceType::CUDA)->abort();
}

Work Group::allReduce(at::Tensor tensor) {
  std::vector<at::Tensor> tensors{std::move(tensor)};
  return group_->allreduce(tensors);
}

Work Group::broadcast(at::Tensor tensor, int64_t root) {
  std::vector<at::Tensor> tensors{std::move(tensor)};
  c10d::BroadcastOptions options;
  options.rootRank = root;
  return group_->broadcast(tensors, options);
}

Work Group::reduceScatter(at::Tensor own, at::Tensor all) {
  return group_->_reduce_scatter_base(own, all);
}

Work Group::allGather(at::Tensor all, at::Tensor own) {
  return group_->_allgather_base(all, own);
}

}  // namespace libbert
