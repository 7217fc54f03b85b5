#include "reduction_timer.h"

#include <ATen/DeviceAccelerator.h>

#include <utility>

namespace libbert {

Moment::Moment(at::Device device) : time_(std::chrono::steady_clock::now()) {
  if (device.is_cpu()) return;
  event_.emplace(device.type(), c10::EventFlag::BACKEND_DEFAULT);  // which has a time, unlike the other kind
  event_->record(at::accelerator::getCurrentStream(device.index()));
}

double Moment::secondsUntil(const Moment& later) const {
  if (!event_) return std::chrono::duration<double>(later.time_ - time_).count();
  later.event_->synchronize();
  return event_->elapsedTime(*later.event_) / 1e3;
}

bool Moment::hasPassed() const {
  return !event_ || event_->query();
}

void ReductionTimer::sendsFirstChunk() {
  firstSent_.emplace(device_);
}

void ReductionTimer::backwardIsOver() {
  backwardOver_.emplace(device_);
}

void ReductionTimer::allHaveArrived() {
  underWay_.push_back({std::move(*firstSent_), std::move(*backwardOver_), Moment(device_)});
  while (!underWay_.empty() && underWay_.front().arrived.hasPassed()) {
    addUp(underWay_.front());
    underWay_.pop_front();
  }
}

ReductionTime ReductionTimer::take() {
  for (const Update& update : underWay_) addUp(update);
  underWay_.clear();
  return std::exchange(sums_, {});
}

void ReductionTimer::addUp(const Update& update) {
  ++sums_.updates;
  sums_.all += update.firstSent.secondsUntil(update.arrived);
  sums_.waiting += update.backwardOver.secondsUntil(update.arrived);
}

}  // namespace libbert
