#include "store.h"

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstdlib>
#include <thread>

namespace libbert {
namespace {

constexpr std::chrono::milliseconds beatInterval{500};
constexpr std::chrono::milliseconds stopInterval{50};  // how soon a heartbeat ends when it is told to
constexpr std::chrono::milliseconds stopLimit{1000};   // and how long it is waited for

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
             std::chrono::milliseconds connectTimeout, std::chrono::milliseconds timeout)
    : prefix_(prefix) {
  silenceWarnings();
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(port);
  options.isServer = isServer;
  options.waitWorkers = false;
  options.timeout = connectTimeout;
  options.useLibUV = false;  // Node.js exports the same symbols as LibTorch's copy of libuv
  options.multiTenant = true;
  auto serverOrClient = c10::make_intrusive<c10d::TCPStore>(host, options);
  if (isServer) keepServing(serverOrClient);
  connection_ = c10::make_intrusive<LimitedStore>(std::move(serverOrClient), timeout);
  keys_ = c10::make_intrusive<c10d::PrefixStore>(prefix_, connection_);
}

void Store::limit(std::chrono::milliseconds limit) {
  keys_->setTimeout(limit);
}

void Store::set(const std::string& key, const std::string& value) {
  keys_->set(key, bytesOf(value));
}

bool Store::has(const std::string& key) {
  return keys_->check({key});
}

int64_t Store::add(const std::string& key, int64_t amount) {
  return keys_->add(key, amount);
}

std::string Store::get(const std::string& key) {
  const std::vector<uint8_t> value = keys_->get(key);
  return {value.begin(), value.end()};
}

c10::intrusive_ptr<c10d::Store> Store::connect() const {
  return c10::make_intrusive<c10d::PrefixStore>(prefix_, connection_->clone());
}

Heartbeat::Heartbeat(const Store& store, std::string key) {
  std::thread([keys = store.connect(), key = std::move(key), isOver = isOver_, ended = ended_] {
    try {
      while (!*isOver) {
        keys->add(key, 1);
        for (auto slept = stopInterval; slept < beatInterval && !*isOver; slept += stopInterval) {
          std::this_thread::sleep_for(stopInterval);
        }
      }
    } catch (const std::exception&) {
      // The process that serves the store is gone. The calls that the run waits in say so.
    }
    ended->open();
  }).detach();
}

Heartbeat::~Heartbeat() {
  *isOver_ = true;
  ended_->waitFor(stopLimit);
}

}  // namespace libbert
