#include "limited_store.h"

#include <utility>

namespace libbert {
namespace {

/** Beside the waiting for a key, which c10d gives up by itself, with a better error. */
constexpr std::chrono::milliseconds answerTime{2000};

}  // namespace

// A call takes copies of its arguments: it may outlive whoever made it. It keeps the connection locked, too, so that no
// other would come through after it.
template <typename Call>
auto LimitedStore::ask(std::chrono::milliseconds limit, Call call) {
  if (isSilent_) throw NoAnswer();
  try {
    return within(limit, [store = store_, call = std::move(call)] { return call(*store); });
  } catch (const NoAnswer&) {
    isSilent_ = true;
    throw;
  }
}

LimitedStore::LimitedStore(c10::intrusive_ptr<c10d::Store> store, std::chrono::milliseconds timeout)
    : c10d::Store(timeout), store_(std::move(store)) {
  store_->setTimeout(timeout);
}

void LimitedStore::setTimeout(const std::chrono::milliseconds& timeout) {
  timeout_ = timeout;
  store_->setTimeout(timeout);
}

c10::intrusive_ptr<c10d::Store> LimitedStore::clone() {
  return c10::make_intrusive<LimitedStore>(ask(timeout_, [](c10d::Store& store) { return store.clone(); }), timeout_);
}

void LimitedStore::set(const std::string& key, const std::vector<uint8_t>& value) {
  ask(timeout_, [key, value](c10d::Store& store) { store.set(key, value); });
}

std::vector<uint8_t> LimitedStore::compareSet(const std::string& key, const std::vector<uint8_t>& current,
                                              const std::vector<uint8_t>& next) {
  return ask(timeout_, [key, current, next](c10d::Store& store) { return store.compareSet(key, current, next); });
}

std::vector<uint8_t> LimitedStore::get(const std::string& key) {
  return ask(timeout_ + answerTime, [key](c10d::Store& store) { return store.get(key); });
}

int64_t LimitedStore::add(const std::string& key, int64_t value) {
  return ask(timeout_, [key, value](c10d::Store& store) { return store.add(key, value); });
}

bool LimitedStore::deleteKey(const std::string& key) {
  return ask(timeout_, [key](c10d::Store& store) { return store.deleteKey(key); });
}

bool LimitedStore::check(const std::vector<std::string>& keys) {
  return ask(timeout_, [keys](c10d::Store& store) { return store.check(keys); });
}

int64_t LimitedStore::getNumKeys() {
  return ask(timeout_, [](c10d::Store& store) { return store.getNumKeys(); });
}

void LimitedStore::wait(const std::vector<std::string>& keys) {
  wait(keys, timeout_);
}

void LimitedStore::wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) {
  ask(timeout + answerTime, [keys, timeout](c10d::Store& store) { store.wait(keys, timeout); });
}

void LimitedStore::append(const std::string& key, const std::vector<uint8_t>& value) {
  ask(timeout_, [key, value](c10d::Store& store) { store.append(key, value); });
}

std::vector<std::vector<uint8_t>> LimitedStore::multiGet(const std::vector<std::string>& keys) {
  return ask(timeout_ + answerTime, [keys](c10d::Store& store) { return store.multiGet(keys); });
}

void LimitedStore::multiSet(const std::vector<std::string>& keys, const std::vector<std::vector<uint8_t>>& values) {
  ask(timeout_, [keys, values](c10d::Store& store) { store.multiSet(keys, values); });
}

bool LimitedStore::hasExtendedApi() const {
  return store_->hasExtendedApi();
}

}  // namespace libbert
