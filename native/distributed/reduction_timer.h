// How long gradients are on their way: by the clock between CPUs, and by the GPU's own between GPUs, where a call
// returns before anything has happened.

#pragma once

#include <c10/core/Device.h>
#include <c10/core/Event.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace libbert {

/** When a device comes to what it was given last. */
class Moment {
 public:
  explicit Moment(at::Device device);

  /** Waits for the later of both. */
  double secondsUntil(const Moment& later) const;
  bool hasPassed() const;

 private:
  std::chrono::steady_clock::time_point time_;
  std::optional<c10::Event> event_;  // of a GPU, instead of the time
};

/** Sums over several updates, in seconds. */
struct ReductionTime {
  int64_t updates = 0;
  double all = 0;      // from the sending of the first chunk to the arrival of the last
  double waiting = 0;  // of these, what was left when backward was over, with nothing else to compute
};

/** Is told what an update's reduction has come to, in this order. */
class ReductionTimer {
 public:
  explicit ReductionTimer(at::Device device) : device_(device) {}

  void sendsFirstChunk();
  void backwardIsOver();
  void allHaveArrived();

  /** Of the updates since the last call. Waits for a GPU. */
  ReductionTime take();

 private:
  struct Update {
    Moment firstSent, backwardOver, arrived;
  };

  void addUp(const Update& update);

  at::Device device_;
  std::optional<Moment> firstSent_, backwardOver_;
  std::deque<Update> underWay_;
  ReductionTime sums_;
};

}  // namespace libbert
