// A store whose every call ends: c10d's own waits for an answer for ever, where the process that serves it stands still.

#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "within.h"

namespace libbert {

/** Another store, with a limit to how long it may take to answer. After one call without an answer all fail at once. */
class LimitedStore : public c10d::Store {
 public:
  /** `timeout`: how long `get` and `wait` wait for a key, and how long the answer to any other call may take. */
  LimitedStore(c10::intrusive_ptr<c10d::Store> store, std::chrono::milliseconds timeout);

  void setTimeout(const std::chrono::milliseconds& timeout) override;

  /** Another connection to the same keys. */
  c10::intrusive_ptr<c10d::Store> clone() override;

  using c10d::Store::compareSet;
  using c10d::Store::set;
  void set(const std::string& key, const std::vector<uint8_t>& value) override;
  std::vector<uint8_t> compareSet(const std::string& key, const std::vector<uint8_t>& current,
                                  const std::vector<uint8_t>& next) override;
  std::vector<uint8_t> get(const std::string& key) override;
  int64_t add(const std::string& key, int64_t value) override;
  bool deleteKey(const std::string& key) override;
  bool check(const std::vector<std::string>& keys) override;
  int64_t getNumKeys() override;
  void wait(const std::vector<std::string>& keys) override;
  void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) override;
  void append(const std::string& key, const std::vector<uint8_t>& value) override;
  std::vector<std::vector<uint8_t>> multiGet(const std::vector<std::string>& keys) override;
  void multiSet(const std::vector<std::string>& keys, const std::vector<std::vector<uint8_t>>& values) override;
  bool hasExtendedApi() const override;

 private:
  template <typename Call>
  auto ask(std::chrono::milliseconds limit, Call call);

  c10::intrusive_ptr<c10d::Store> store_;
  std::atomic<bool> isSilent_{false};
};

}  // namespace libbert
