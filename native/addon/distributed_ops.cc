// Process groups: what lib/distributed is built on. Calls that wait hold up the thread that makes them.

#include "../distributed/gradient_reducer.h"
#include "../distributed/group.h"
#include "../distributed/store.h"
#include "op_table.h"
#include "shared_handle.h"

namespace libbert {

template <>
struct HandleOf<Store> {
  static constexpr const char* kName = "StoreHandle";
  static constexpr napi_type_tag kTag = {0x6c69626265727473ull, 0x1f6b83d0c95e2a74ull};
};

template <>
struct HandleOf<Heartbeat> {
  static constexpr const char* kName = "HeartbeatHandle";
  static constexpr napi_type_tag kTag = {0x6c69626265727468ull, 0x8d20f7613ab94ce5ull};
};

template <>
struct HandleOf<Group> {
  static constexpr const char* kName = "GroupHandle";
  static constexpr napi_type_tag kTag = {0x6c69626265727467ull, 0x52c7e49b0d8136faull};
};

template <>
struct HandleOf<GradientReducer> {
  static constexpr const char* kName = "ReducerHandle";
  static constexpr napi_type_tag kTag = {0x6c69626265727472ull, 0xb3495ad86e017fc2ull};
};

template <>
struct HandleOf<c10d::Work> {
  static constexpr const char* kName = "WorkHandle";
  static constexpr napi_type_tag kTag = {0x6c69626265727477ull, 0x70fe1c2d94b8653aull};
};

namespace {

std::chrono::milliseconds Milliseconds(double seconds) { return std::chrono::milliseconds(std::llround(seconds * 1e3)); }

// c10d counts references inside its objects.
std::shared_ptr<c10d::Work> Shared(Work work) {
  return {work.get(), [work](c10d::Work*) {}};
}

std::shared_ptr<GradientReducer> NewReducer(const std::shared_ptr<Group>& group, const vector<Tensor>& gradients,
                                            const vector<optional<Tensor>>& sums, const vector<optional<Tensor>>& own,
                                            const vector<Tensor>& parameters, const vector<vector<int64_t>>& chunks_of,
                                            at::ScalarType wire) {
  vector<Chunk> chunks;
  for (size_t i = 0; i < gradients.size(); ++i) {
    chunks.push_back({gradients[i], sums.at(i), own.at(i).value_or(Tensor())});
  }
  return std::make_shared<GradientReducer>(group, std::move(chunks), parameters, chunks_of, wire);
}

}  // namespace

void AddDistributedOps(OpTable& ops) {
  ops.Add("openStore(host, port, serves, prefix, timeoutSeconds)",
          [](const std::string& host, int64_t port, bool serves, const std::string& prefix, double timeout) {
            return std::make_shared<Store>(host, port, serves, prefix, Milliseconds(timeout));
          });
  // How many groups this process has joined or tried to, over all its threads: what tells their keys apart.
  ops.Add("nextGroupNumber()", [] {
    static std::atomic<int64_t> groups{0};
    return groups++;
  });
  ops.Add("storeSet(store, key, value)", [](const std::shared_ptr<Store>& store, const std::string& key,
                                            const std::string& value) { store->Set(key, value); });
  ops.Add("storeHas(store, key)",
          [](const std::shared_ptr<Store>& store, const std::string& key) { return store->Has(key); });
  ops.Add("storeGet(store, key)",
          [](const std::shared_ptr<Store>& store, const std::string& key) { return store->Get(key); });
  ops.Add("startHeartbeat(store, key)", [](const std::shared_ptr<Store>& store, const std::string& key) {
    return std::make_shared<Heartbeat>(*store, key);
  });
  ops.Add("stopHeartbeat(heartbeat)", [](const Released<Heartbeat>& heartbeat) { heartbeat.slot->reset(); });
  ops.Add("closeStore(store)", [](const Released<Store>& store) { store.slot->reset(); });

  ops.Add("joinGroup(store, rank, size, address, timeoutSeconds)",
          [](const std::shared_ptr<Store>& store, int64_t rank, int64_t size, const std::string& address, double timeout) {
            return std::make_shared<Group>(*store, rank, size, address, Milliseconds(timeout));
          });
  ops.Add("leaveGroup(group)", [](const Released<Group>& group) { group.slot->reset(); });
  ops.Add("addNccl(group)", [](const std::shared_ptr<Group>& group) { group->AddNccl(); });
  ops.Add("allReduce_(group, x)",
          [](const std::shared_ptr<Group>& group, const Tensor& x) { return Shared(group->AllReduce(x)); });
  ops.Add("broadcast_(group, x, root)", [](const std::shared_ptr<Group>& group, const Tensor& x, int64_t root) {
    return Shared(group->Broadcast(x, root));
  });
  ops.Add("reduceScatter_(group, own, all)", [](const std::shared_ptr<Group>& group, const Tensor& own, const Tensor& all) {
    return Shared(group->ReduceScatter(own, all));
  });
  ops.Add("allGather_(group, all, own)", [](const std::shared_ptr<Group>& group, const Tensor& all, const Tensor& own) {
    return Shared(group->AllGather(all, own));
  });
  ops.Add("waitFor(work)", [](const std::shared_ptr<c10d::Work>& work) { work->wait(); });

  ops.Add("newReducer(group, gradients, sums, own, parameters, chunksOf, wire)", NewReducer);
  ops.Add("startReduction(reducer)", [](const std::shared_ptr<GradientReducer>& reducer) { reducer->Start(); });
  ops.Add("finishReduction(reducer)", [](const std::shared_ptr<GradientReducer>& reducer) {
    const auto [all, waiting] = reducer->Finish();
    return std::tuple<double, double>{all, waiting};
  });
  ops.Add("closeReducer(reducer)", [](const Released<GradientReducer>& reducer) { reducer.slot->reset(); });
}

}  // namespace libbert
