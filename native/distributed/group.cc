// LibTorch's wheels are built with Gloo; this is how their headers are told.
#define USE_C10D_GLOO

#include "group.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <utility>

namespace libbert {

Group::Group(const Store& store, int64_t rank, int64_t size, const std::string& address, std::chrono::milliseconds timeout)
    : timeout_(timeout), group_(c10::make_intrusive<c10d::ProcessGroup>(store.Keys(), rank, size)) {
  const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(address));
  const auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store.Keys(), rank, size, options);
  group_->setBackend(c10::DeviceType::CPU, c10d::ProcessGroup::GLOO, gloo);
  group_->setDefaultBackend(c10d::ProcessGroup::GLOO);
}

void Group::AddNccl() {
  static const auto add = c10::Dispatcher::singleton()
                              .findSchemaOrThrow("libbert::add_nccl", "")
                              .typed<void(const c10::intrusive_ptr<c10d::ProcessGroup>&, int64_t)>();
  add.call(group_, timeout_.count());
}

Work Group::AllReduce(at::Tensor tensor) {
  std::vector<at::Tensor> tensors{std::move(tensor)};
  return group_->allreduce(tensors);
}

Work Group::Broadcast(at::Tensor tensor, int64_t root) {
  std::vector<at::Tensor> tensors{std::move(tensor)};
  c10d::BroadcastOptions options;
  options.rootRank = root;
  return group_->broadcast(tensors, options);
}

Work Group::ReduceScatter(at::Tensor own, at::Tensor all) { return group_->_reduce_scatter_base(own, all); }

Work Group::AllGather(at::Tensor all, at::Tensor own) { return group_->_allgather_base(all, own); }

}  // namespace libbert
