// Calls with a limit: of what waits for another process, nothing says when it returns, or whether.

#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

#include "latch.h"

namespace libbert {

/** A call was not done in time. JavaScript knows it by these words. */
struct NoAnswer : std::runtime_error {
  NoAnswer() : std::runtime_error("no answer in time") {}
};

/** What came of a call on another thread. */
template <typename Result>
struct Outcome {
  Latch done;
  std::conditional_t<std::is_void_v<Result>, std::nullptr_t, std::optional<Result>> result;
  std::exception_ptr error;
};

/**
 * Runs a call on a thread of its own. One that is not done in time goes on there by itself: it has to own what it works
 * on, which lives until then.
 */
template <typename Call>
std::invoke_result_t<Call> within(std::chrono::milliseconds limit, Call call) {
  using Result = std::invoke_result_t<Call>;
  const auto outcome = std::make_shared<Outcome<Result>>();
  std::thread([outcome, call = std::move(call)]() mutable {
    try {
      if constexpr (std::is_void_v<Result>) {
        call();
      } else {
        outcome->result = call();
      }
    } catch (...) {
      outcome->error = std::current_exception();
    }
    outcome->done.open();
  }).detach();
  if (!outcome->done.waitFor(limit)) throw NoAnswer();
  if (outcome->error) std::rethrow_exception(outcome->error);
  if constexpr (!std::is_void_v<Result>) return std::move(*outcome->result);
}

}  // namespace libbert
