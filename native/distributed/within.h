// Calls with a limit: of what waits for another process, nothing says when it returns, or whether.

#pragma once

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

namespace libbert {

/** A call was not done in time. JavaScript knows it by these words. */
struct NoAnswer : std::runtime_error {
  NoAnswer() : std::runtime_error("no answer in time") {}
};

/**
 * Runs a call on a thread of its own. One that is not done in time goes on there by itself: it has to own what it works
 * on, which lives until then.
 */
template <typename Call>
std::invoke_result_t<Call> within(std::chrono::milliseconds limit, Call call) {
  std::packaged_task<std::invoke_result_t<Call>()> task(std::move(call));
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  if (result.wait_for(limit) != std::future_status::ready) throw NoAnswer();
  return result.get();
}

}  // namespace libbert
