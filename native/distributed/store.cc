#include "store.h"

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include <cstdlib>
#include <mutex>

namespace libbert {
namespace {

constexpr std::chrono::milliseconds kBeat{500};
constexpr std::chrono::milliseconds kTick{50};  // how soon a heart stops when it is told to

// A process serves until it ends: other ranks may still be in the last run, or already in the next one, when it is not.
void KeepServing(const c10::intrusive_ptr<c10d::TCPStore>& store) {
  static auto* const servers = new std::vector<c10::intrusive_ptr<c10d::TCPStore>>();
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  if (servers->empty()) servers->push_back(store);
}

// c10d warns on standard error, with backtraces, of what the errors that it throws say as well. TORCH_CPP_LOG_LEVEL is the
// user's own word on that.
void SilenceWarnings() {
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = c10::GLOG_FATAL;
}

std::vector<uint8_t> BytesOf(const std::string& text) { return {text.begin(), text.end()}; }

}  // namespace

Store::Store(const std::string& host, int64_t port, bool serves, const std::string& prefix, std::chrono::milliseconds timeout)
    : prefix_(prefix) {
  SilenceWarnings();
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(port);
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = timeout;
  options.useLibUV = false;  // Node.js exports the same symbols as LibTorch's copy of libuv
  options.multiTenant = true;
  server_or_client_ = c10::make_intrusive<c10d::TCPStore>(host, options);
  if (serves) KeepServing(server_or_client_);
  keys_ = c10::make_intrusive<c10d::PrefixStore>(prefix_, server_or_client_);
}

void Store::Set(const std::string& key, const std::string& value) { keys_->set(key, BytesOf(value)); }

bool Store::Has(const std::string& key) { return keys_->check({key}); }

std::string Store::Get(const std::string& key) {
  const std::vector<uint8_t> value = keys_->get(key);
  return {value.begin(), value.end()};
}

c10::intrusive_ptr<c10d::Store> Store::Connect() const {
  return c10::make_intrusive<c10d::PrefixStore>(prefix_, server_or_client_->clone());
}

Heartbeat::Heartbeat(const Store& store, std::string key)
    : keys_(store.Connect()), key_(std::move(key)), thread_([this] { Beat(); }) {}

Heartbeat::~Heartbeat() {
  stop_ = true;
  thread_.join();
}

void Heartbeat::Beat() {
  try {
    while (!stop_) {
      keys_->add(key_, 1);
      for (auto slept = kTick; slept < kBeat && !stop_; slept += kTick) std::this_thread::sleep_for(kTick);
    }
  } catch (const std::exception&) {
    // The process that serves the store is gone. The calls that the run waits in say so.
  }
}

}  // namespace libbert
