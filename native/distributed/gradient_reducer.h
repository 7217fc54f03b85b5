// Sums gradients over the ranks while backward still computes: as soon as all that goes into a chunk of the flat
// gradient buffers is there, the chunk is sent, and backward goes on.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "group.h"

namespace libbert {

// A piece of a flat gradient buffer, [n] each.
struct Chunk {
  at::Tensor gradient;            // what backward adds to
  std::optional<at::Tensor> sum;  // float32, where `gradient` is of a shorter dtype: the gradient is added to it first
  at::Tensor own;                 // where only a part of the sum is wanted: this rank's part; else undefined
};

class GradientReducer {
 public:
  // `chunks` in the order in which they are sent, the same on every rank whatever backward does. `chunks_of[p]` are the
  // numbers of the chunks that parameter p has elements in. Gradients travel as `wire`.
  GradientReducer(std::shared_ptr<Group> group, std::vector<Chunk> chunks, const std::vector<at::Tensor>& parameters,
                  const std::vector<std::vector<int64_t>>& chunks_of, at::ScalarType wire);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;

  // The next backward is the update's last: each chunk is complete when it has met all of the chunk's parameters.
  void Start();

  // Sends what backward did not reach, and waits for all. Gives the seconds from the first chunk's way to the last one's
  // arrival, and how many of them were spent waiting here, with nothing left to compute.
  std::pair<double, double> Finish();

 private:
  struct Hook;
  struct Shipment {
    Work work;
    at::Tensor wire;  // what travels
    at::Tensor part;  // where the rank's part of it arrives, if only that is wanted
  };

  void GradientIsThere(const std::vector<int64_t>& chunks);
  void Send(const Chunk& chunk);
  void Receive(const Chunk& chunk, const Shipment& shipment);

  std::shared_ptr<Group> group_;
  std::vector<Chunk> chunks_;
  std::vector<at::Tensor> parameters_;
  std::vector<int64_t> parameters_in_;  // of each chunk
  at::ScalarType wire_;
  bool started_ = false;
  std::vector<int64_t> missing_;  // parameters that a chunk still waits for
  std::vector<Shipment> shipments_;
  std::chrono::steady_clock::time_point first_sent_;
};

}  // namespace libbert
