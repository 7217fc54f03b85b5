// The key-value store of a run's ranks: c10d's TCPStore, which one process serves and all others connect to.

#pragma once

#include <torch/csrc/distributed/c10d/Store.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "latch.h"
#include "limited_store.h"

namespace libbert {

class Store {
 public:
  /**
   * `isServer`: this process holds the keys. `prefix` keeps a restarted run apart from the one before it. `timeout`: how
   * long every later call may take.
   */
  Store(const std::string& host, int64_t port, bool isServer, const std::string& prefix,
        std::chrono::milliseconds connectTimeout, std::chrono::milliseconds timeout);

  /** From now on a call may take so long. */
  void limit(std::chrono::milliseconds limit);

  int64_t add(const std::string& key, int64_t amount);  // the sum
  void set(const std::string& key, const std::string& value);
  bool has(const std::string& key);
  std::string get(const std::string& key);  // waits for the key

  const c10::intrusive_ptr<c10d::Store>& keys() const {
    return keys_;
  }

  /** A second connection, for another thread: on this one it would wait for the call in progress. */
  c10::intrusive_ptr<c10d::Store> connect() const;

 private:
  std::string prefix_;
  c10::intrusive_ptr<c10d::Store> connection_;
  c10::intrusive_ptr<c10d::Store> keys_;
};

/**
 * Raises the number under `key` twice a second from a thread of its own, so that the others can tell a process that
 * computes or waits from one that is gone.
 */
class Heartbeat {
 public:
  Heartbeat(const Store& store, std::string key);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;

 private:
  std::shared_ptr<std::atomic<bool>> isOver_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<Latch> ended_ = std::make_shared<Latch>();
};

}  // namespace libbert
