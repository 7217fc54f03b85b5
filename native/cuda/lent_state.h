// What LibTorch's fused kernels draw dropout from.

#pragma once

#include <ATen/Context.h>
#include <ATen/core/Generator.h>

#include <mutex>

namespace libbert {

/** Held by whoever needs the GPUs' default generators as they are, or changes them. */
inline std::mutex& turnsOfDefaultGenerators() {
  static std::mutex mutex;
  return mutex;
}

/**
 * Lends the state of an operator's generator to the GPU's default one, which is all that the fused kernels draw from,
 * and which moves it on. One thread at a time: another's state is not to come between. A CUDA graph that the state is
 * registered with can capture what is drawn, and each replay draws from the seed that it has by then.
 */
class LentState {
 public:
  explicit LentState(const at::Generator& generator)
      : turn_(turnsOfDefaultGenerators()), default_(at::globalContext().defaultGenerator(generator.device())) {
    const std::lock_guard lock(default_.mutex());
    own_ = default_.graphsafe_get_state();
    default_.graphsafe_set_state(generator);
  }

  ~LentState() {
    const std::lock_guard lock(default_.mutex());
    default_.graphsafe_set_state(own_);
  }

  LentState(const LentState&) = delete;
  LentState& operator=(const LentState&) = delete;

 private:
  const std::lock_guard<std::mutex> turn_;
  at::Generator default_, own_;
};

}  // namespace libbert
