// Process groups: what lib/distributed is built on. Calls that wait block the thread that makes them, up to a limit.

#include "../distributed/gradient_reducer.h"
#include "../distributed/group.h"
#include "../distributed/store.h"
#include "../distributed/within.h"
#include "op_table.h"
#include "shared_handle.h"

namespace libbert {

template <>
struct HandleOf<Store> {
  static constexpr const char* name = "StoreHandle";
  static constexpr napi_type_tag tag = {0x6c69626265727473ull, 0x1f6b83d0c95e2a74ull};
};

template <>
struct HandleOf<Heartbeat> {
  static constexpr const char* name = "HeartbeatHandle";
  static constexpr napi_type_tag tag = {0x6c69626265727468ull, 0x8d20f7613ab94ce5ull};
};

template <>
struct HandleOf<Group> {
  static constexpr const char* name = "GroupHandle";
  static constexpr napi_type_tag tag = {0x6c69626265727467ull, 0x52c7e49b0d8136faull};
};

template <>
struct HandleOf<GradientReducer> {
  static constexpr const char* name = "ReducerHandle";
  static constexpr napi_type_tag tag = {0x6c69626265727472ull, 0xb3495ad86e017fc2ull};
};

template <>
struct HandleOf<c10d::Work> {
  static constexpr const char* name = "WorkHandle";
  static constexpr napi_type_tag tag = {0x6c69626265727477ull, 0x70fe1c2d94b8653aull};
};

namespace {

using at::Tensor;

constexpr double longestTimeout = 1e9;  // seconds
constexpr int64_t mostRanks = 1 << 20;

std::chrono::milliseconds milliseconds(double seconds) {
  TORCH_CHECK(seconds >= 0 && seconds <= longestTimeout, "Expected a number of seconds, at most ", longestTimeout,
              ", but received ", seconds);
  return std::chrono::milliseconds(std::max(1LL, std::llround(seconds * 1e3)));
}

/** What LibTorch's own limits take to end a call may be a little more. */
constexpr std::chrono::milliseconds graceTime{1000};

/** How long a group may take to end its connections: with a lost rank in it, it waits for the timeout of each. */
constexpr std::chrono::milliseconds leaveTime{3000};

void leave(std::shared_ptr<Group> group) {
  try {
    within(leaveTime, [held = std::move(group)]() mutable {
      try {
        held->end();
      } catch (const std::exception&) {
        // A lost rank has taken the connections with it: there is nothing left to end.
      }
      held.reset();
    });
  } catch (const NoAnswer&) {
    // It ends by itself, later.
  }
}

/** c10d counts references inside its objects. */
std::shared_ptr<c10d::Work> shared(Work work) {
  return {work.get(), [work](c10d::Work*) {}};
}

std::shared_ptr<GradientReducer> newReducer(const std::shared_ptr<Group>& group, const std::vector<Tensor>& gradients,
                                            const std::vector<std::optional<Tensor>>& sums,
                                            const std::vector<std::optional<Tensor>>& own,
                                            const std::vector<Tensor>& parameters,
                                            const std::vector<std::vector<int64_t>>& chunksOf, at::ScalarType wire) {
  std::vector<Chunk> chunks;
  for (size_t i = 0; i < gradients.size(); ++i) {
    chunks.push_back({gradients[i], sums.at(i), own.at(i).value_or(Tensor())});
  }
  return std::make_shared<GradientReducer>(group, std::move(chunks), parameters, chunksOf, wire);
}

}  // namespace

void addDistributedOps(OpTable& ops) {
  ops.add("openStore(host, port, isServer, prefix, connectSeconds, timeoutSeconds)",
          [](const std::string& host, int64_t port, bool isServer, const std::string& prefix, double connectSeconds,
             double timeoutSeconds) {
            TORCH_CHECK(port >= 0 && port <= UINT16_MAX, "Expected a port up to 65535 for port but received ", port);
            const auto limit = milliseconds(connectSeconds);
            return within(limit + graceTime, [=, timeout = milliseconds(timeoutSeconds)] {
              return std::make_shared<Store>(host, port, isServer, prefix, limit, timeout);
            });
          });
  ops.add("limitStore(store, seconds)",
          [](const std::shared_ptr<Store>& store, double seconds) { store->limit(milliseconds(seconds)); });
  // How many groups this process has joined or tried to join, over all its threads: what tells their keys apart.
  ops.add("nextGroupNumber()", [] {
    static std::atomic<int64_t> groups{0};
    return groups++;
  });
  ops.add("storeAdd(store, key, amount)",
          [](const std::shared_ptr<Store>& store, const std::string& key, int64_t amount) {
            return store->add(key, amount);
          });
  ops.add("storeSet(store, key, value)", [](const std::shared_ptr<Store>& store, const std::string& key,
                                            const std::string& value) { store->set(key, value); });
  ops.add("storeHas(store, key)",
          [](const std::shared_ptr<Store>& store, const std::string& key) { return store->has(key); });
  ops.add("storeGet(store, key)",
          [](const std::shared_ptr<Store>& store, const std::string& key) { return store->get(key); });
  ops.add("startHeartbeat(store, key)", [](const std::shared_ptr<Store>& store, const std::string& key) {
    return std::make_shared<Heartbeat>(*store, key);
  });
  ops.add("stopHeartbeat(heartbeat)", [](const Released<Heartbeat>& heartbeat) { heartbeat.slot->reset(); });
  ops.add("closeStore(store)", [](const Released<Store>& store) { store.slot->reset(); });

  ops.add("joinGroup(store, rank, size, address, timeoutSeconds)",
          [](const std::shared_ptr<Store>& store, int64_t rank, int64_t size, const std::string& address,
             double timeoutSeconds) {
            TORCH_CHECK(0 <= rank && rank < size && size <= mostRanks, "Expected a rank from 0 below size, and up to ",
                        mostRanks, " ranks, but received rank ", rank, " of ", size);
            const auto timeout = milliseconds(timeoutSeconds);
            return within(timeout + graceTime,
                          [=] { return std::make_shared<Group>(*store, rank, size, address, timeout); });
          });
  ops.add("leaveGroup(group)", [](const Released<Group>& group) {
    if (*group.slot != nullptr) leave(std::move(*group.slot));
  });
  ops.add("addNccl(group)", [](const std::shared_ptr<Group>& group) { group->addNccl(); });
  ops.add("checkGroup(group)", [](const std::shared_ptr<Group>& group) { group->check(); });
  ops.add("allReduce_(group, x)",
          [](const std::shared_ptr<Group>& group, const Tensor& x) { return shared(group->allReduce(x)); });
  ops.add("broadcast_(group, x, root)", [](const std::shared_ptr<Group>& group, const Tensor& x, int64_t root) {
    return shared(group->broadcast(x, root));
  });
  ops.add("reduceScatter_(group, own, all)", [](const std::shared_ptr<Group>& group, const Tensor& own,
                                                const Tensor& all) { return shared(group->reduceScatter(own, all)); });
  ops.add("allGather_(group, all, own)", [](const std::shared_ptr<Group>& group, const Tensor& all, const Tensor& own) {
    return shared(group->allGather(all, own));
  });
  ops.add("waitFor(work)", [](const std::shared_ptr<c10d::Work>& work) { work->wait(); });

  ops.add("newReducer(group, gradients, sums, own, parameters, chunksOf, wire)", newReducer);
  ops.add("startReduction(reducer)", [](const std::shared_ptr<GradientReducer>& reducer) { reducer->start(); });
  ops.add("finishReduction(reducer)", [](const std::shared_ptr<GradientReducer>& reducer) { reducer->finish(); });
  // Updates since it was last asked; seconds of their reductions, and of these the seconds after backward.
  ops.add("takeReductionTime(reducer)", [](const std::shared_ptr<GradientReducer>& reducer) {
    const auto [updates, all, waiting] = reducer->takeTime();
    return std::tuple<int64_t, double, double>{updates, all, waiting};
  });
  ops.add("closeReducer(reducer)", [](const Released<GradientReducer>& reducer) { reducer.slot->reset(); });
}

}  // namespace libbert
