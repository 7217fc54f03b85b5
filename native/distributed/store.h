// Where the ranks of a run meet: c10d's TCPStore, which one process serves and all the others connect to.
#pragma once

#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace libbert {

class Store {
 public:
  // `serves`: this process holds the keys. `prefix` keeps a restarted run apart from the one before it.
  Store(const std::string& host, int64_t port, bool serves, const std::string& prefix, std::chrono::milliseconds timeout);

  void Set(const std::string& key, const std::string& value);
  bool Has(const std::string& key);
  std::string Get(const std::string& key);  // waits for the key, up to the time-out

  const c10::intrusive_ptr<c10d::Store>& Keys() const { return keys_; }
  // A second connection: a thread of its own must not wait for a call that this one is in.
  c10::intrusive_ptr<c10d::Store> Connect() const;

 private:
  std::string prefix_;
  c10::intrusive_ptr<c10d::TCPStore> server_or_client_;
  c10::intrusive_ptr<c10d::Store> keys_;
};

// Raises the number under `key` twice a second from a thread of its own, so that the others can tell a process that
// computes or waits from one that is gone.
class Heartbeat {
 public:
  Heartbeat(const Store& store, std::string key);
  ~Heartbeat();

 private:
  void Beat();

  c10::intrusive_ptr<c10d::Store> keys_;
  std::string key_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace libbert
