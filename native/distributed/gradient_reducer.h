// Sums gradients over the ranks while backward still computes: as soon as all gradients of a chunk of the flat buffers
// are ready, the chunk is sent, and backward goes on.

#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <vector>

#include "group.h"
#include "reduction_timer.h"

namespace libbert {

/** A slice of a flat gradient buffer, [n] each. */
struct Chunk {
  at::Tensor gradient;            // what backward adds to
  std::optional<at::Tensor> sum;  // float32, where `gradient` is of a shorter dtype: the gradient is added to it first
  at::Tensor own;                 // this rank's shard, where only that of the sum is wanted; else undefined
};

class GradientReducer {
 public:
  /**
   * `chunks` in the order in which they are sent, the same on every rank whatever backward does. `chunksOf[p]` are the
   * indices of the chunks that parameter p has elements in. Gradients are sent as `wire`.
   */
  GradientReducer(std::shared_ptr<Group> group, std::vector<Chunk> chunks, const std::vector<at::Tensor>& parameters,
                  const std::vector<std::vector<int64_t>>& chunksOf, at::ScalarType wire);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;

  /** The next backward is the update's last: a chunk is complete when all its parameters have their gradients. */
  void start();

  /** Sends what backward did not reach, and waits for all: the CPU itself, or on a GPU what is computed there next. */
  void finish();

  /** How long reductions took since this was last asked. */
  ReductionTime takeTime() {
    return timer_.take();
  }

 private:
  struct Hook;
  struct Transfer {
    Work work;
    at::Tensor wire;   // what is sent
    at::Tensor shard;  // where this rank's shard of it arrives, if only that is wanted
  };

  void onGradientReady(const std::vector<int64_t>& chunks);
  void send(const Chunk& chunk);
  void receive(const Chunk& chunk, const Transfer& transfer);

  std::shared_ptr<Group> group_;
  std::vector<Chunk> chunks_;
  std::vector<at::Tensor> parameters_;
  std::vector<int64_t> parametersIn_;  // of each chunk
  at::ScalarType wire_;
  bool started_ = false;
  std::vector<int64_t> missing_;  // parameters that a chunk still waits for
  std::vector<Transfer> transfers_;
  ReductionTimer timer_;
};

}  // namespace libbert
