// Something that happens once, on another thread, and is waited for with a limit.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace libbert {

class Latch {
 public:
  void open() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      isOpen_ = true;
    }
    opened_.notify_all();
  }

  /** Whether it was opened in time. */
  bool waitFor(std::chrono::milliseconds limit) {
    std::unique_lock<std::mutex> lock(mutex_);
    // To wait by the steady clock, or for a std::future, takes a newer glibc than the one that binaries are made for.
    const auto deadline = std::chrono::system_clock::now() + limit;
    return opened_.wait_until(lock, deadline, [this] { return isOpen_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool isOpen_ = false;
};

}  // namespace libbert
