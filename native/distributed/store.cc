#include "store.h"

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include <cstdlib>
#include <mutex>

namespace libbert {
namespace {

constexpr std::chrono::milliseconds beatInterval{500};
constexpr std::chrono::milliseconds stopInterval{50};  // how soon a heartbeat ends when it is told to

/** A process serves until it ends: other ranks may still be in the last run, or already in the next, when it is not. */
void keepServing(const c10::intrusive_ptr<c10d::TCPStore>& store) {
  static auto* const servers = new std::vector<c10::intrusive_ptr<c10d::TCPStore>>();
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  if (servers->empty()) servers->push_back(store);
}

/**
 * c10d warns on standard error, with backtraces, of what the errors that it throws say as well. Where the user has set
 * TORCH_CPP_LOG_LEVEL, that counts.
 */
void silenceWarnings() {
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = c10::GLOG_FATAL;
}

std::vector<uint8_t> bytesOf(const std::string& text) {
  return {text.begin(), text.end()};
}

}  // namespace

Store::Store(const std::string& host, int64_t port, bool isServer, const std::string& prefix,
             std::chrono::milliseconds timeout)
    : prefix_(prefix) {
  silenceWarnings();
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(port);
  options.isServer = isServer;
  options.waitWorkers = false;
  options.timeout = timeout;
  options.useLibUV = false;  // Node.js exports the same symbols as LibTorch's copy of libuv
  options.multiTenant = true;
  serverOrClient_ = c10::make_intrusive<c10d::TCPStore>(host, options);
  if (isServer) keepServing(serverOrClient_);
  keys_ = c10::make_intrusive<c10d::PrefixStore>(prefix_, serverOrClient_);
}

void Store::set(const std::string& key, const std::string& value) {
  keys_->set(key, bytesOf(value));
}

bool Store::has(const std::string& key) {
  return keys_->check({key});
}

std::string Store::get(const std::string& key) {
  const std::vector<uint8_t> value = keys_->get(key);
  return {value.begin(), value.end()};
}

c10::intrusive_ptr<c10d::Store> Store::connect() const {
  return c10::make_intrusive<c10d::PrefixStore>(prefix_, serverOrClient_->clone());
}

Heartbeat::Heartbeat(const Store& store, std::string key)
    : keys_(store.connect()), key_(std::move(key)), thread_([this] { beat(); }) {}

Heartbeat::~Heartbeat() {
  stop_ = true;
  thread_.join();
}

void Heartbeat::beat() {
  try {
    while (!stop_) {
      keys_->add(key_, 1);
      for (auto slept = stopInterval; slept < beatInterval && !stop_; slept += stopInterval) {
        std::this_thread::sleep_for(stopInterval);
      }
    }
  } catch (const std::exception&) {
    // The process that serves the store is gone. The calls that the run waits in say so.
  }
}

}  // namespace libbert
