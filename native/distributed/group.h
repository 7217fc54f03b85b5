// The ranks of a run as one group: c10d's collectives, with Gloo between CPUs and NCCL between GPUs.

#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "store.h"

namespace libbert {

using Work = c10::intrusive_ptr<c10d::Work>;

/**
 * Every rank has to make the same calls in the same order. A call returns at once; between CPUs `wait` returns when its
 * result is ready, and throws when a rank is gone or after the timeout. Between GPUs it lets what is computed next
 * wait.
 */
class Group {
 public:
  /** `address`: this machine's, where the other ranks reach it. */
  Group(const Store& store, int64_t rank, int64_t size, const std::string& address, std::chrono::milliseconds timeout);

  /** From now on tensors on this thread's GPU go through NCCL. Needs libbert_cuda.so. */
  void addNccl();

  /**
   * Throws where a call between GPUs failed. Whoever reads what came of one from a GPU has to ask afterwards: `wait`
   * has returned long before, and the numbers of a call that failed mean nothing.
   */
  void check() const;

  /** Ends what still goes on between GPUs. c10d does that to a group that goes, too, but warns that nobody asked for it. */
  void end();

  Work allReduce(at::Tensor tensor);  // sums, in place
  Work broadcast(at::Tensor tensor, int64_t root);
  Work reduceScatter(at::Tensor own, at::Tensor all);  // own [n] = the rank's shard of the sum of all [size * n]
  Work allGather(at::Tensor all, at::Tensor own);      // all [size * n] from each rank's own [n]

 private:
  std::chrono::milliseconds timeout_;
  bool hasNccl_ = false;
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
};

}  // namespace libbert
