#include "tensor_handle.h"

#include <ATen/ATen.h>

#include <atomic>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

namespace libbert {
namespace {

struct Handle {
  at::Tensor tensor;
  /** What keeps its elements, as ReportedMemory knows it. */
  const void* memory;
};

/** Random 128 bits: tells our handles from the objects of other addons. */
constexpr napi_type_tag tensorTag = {0x6c6962626572745full, 0x9a3e4f1c7b2d8056ull};

std::atomic<int64_t> liveCount{0};

/** The host's memory that a tensor holds: a GPU's is not V8's to save. */
int64_t hostBytes(const at::Tensor& tensor) {
  if (!tensor.device().is_cpu()) return 0;
  return static_cast<int64_t>(tensor.has_storage() ? tensor.storage().nbytes() : tensor.numel() * tensor.itemsize());
}

/**
 * The memory that this thread's handles keep from being freed, which V8 is told of once, however many views there are of
 * it. Without that V8 would see 100 bytes where there are megabytes, and never collect forgotten handles; told of each
 * view of a model's weights, it would collect several times in each update, on threads that compute.
 */
class ReportedMemory {
 public:
  const void* add(Napi::Env env, const at::Tensor& tensor) {
    const bool isOpaque = !tensor.has_storage();
    const void* memory = isOpaque ? static_cast<const void*>(tensor.unsafeGetTensorImpl())
                                  : static_cast<const void*>(tensor.storage().unsafeGetStorageImpl());
    Use& use = uses_[memory];
    if (use.handles++ == 0) {
      use.bytes = hostBytes(tensor);
      if (!isOpaque) use.storage = tensor.storage().getWeakStorageImpl();
      Napi::MemoryManagement::AdjustExternalMemory(env, use.bytes);
    }
    return memory;
  }

  void remove(Napi::Env env, const void* memory) {
    const auto use = uses_.find(memory);
    if (--use->second.handles > 0) return;
    Napi::MemoryManagement::AdjustExternalMemory(env, -use->second.bytes);
    uses_.erase(use);
  }

 private:
  struct Use {
    int64_t handles = 0;
    int64_t bytes = 0;
    /** Keeps the address from being given to another storage, where a handle's tensor has been given one (setData). */
    std::optional<c10::weak_intrusive_ptr<c10::StorageImpl>> storage;
  };
  std::unordered_map<const void*, Use> uses_;
};

thread_local ReportedMemory reportedMemory;

void check(Napi::Env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

void release(Napi::Env env, Handle* handle) {
  if (!handle->tensor.defined()) return;
  handle->tensor.reset();
  liveCount.fetch_sub(1, std::memory_order_relaxed);
  reportedMemory.remove(env, handle->memory);
}

Handle* handleIn(const Napi::Value& value) {
  if (!isTensor(value)) throw std::invalid_argument("Expected a tensor");
  void* handle = nullptr;
  check(value.Env(), napi_unwrap(value.Env(), value, &handle));
  return static_cast<Handle*>(handle);
}

void deleteHandle(napi_env env, void* data, void* /*hint*/) {
  const std::unique_ptr<Handle> handle(static_cast<Handle*>(data));
  release(env, handle.get());
}

}  // namespace

/** An object, and no External: of each that a thread leaves uncollected, Node.js never frees 40 bytes. */
Napi::Value wrapTensor(Napi::Env env, at::Tensor tensor) {
  if (tensor.is_sparse()) tensor = tensor.to_dense();
  auto handle = std::make_unique<Handle>(std::move(tensor), nullptr);
  handle->memory = reportedMemory.add(env, handle->tensor);
  auto object = Napi::Object::New(env);  // throws in a worker that is being terminated
  // A symbol refuses to be cloned: another thread would get an object without a tensor.
  object.Set("tensor", Napi::Symbol::New(env));
  check(env, napi_wrap(env, object, handle.get(), deleteHandle, nullptr, nullptr));
  handle.release();
  liveCount.fetch_add(1, std::memory_order_relaxed);
  check(env, napi_type_tag_object(env, object, &tensorTag));
  return object;
}

const at::Tensor& unwrapTensor(const Napi::Value& value) {
  const Handle* handle = handleIn(value);
  if (!handle->tensor.defined()) throw DisposedTensor();
  return handle->tensor;
}

bool isTensor(const Napi::Value& value) {
  bool tagged = false;
  if (value.IsObject()) napi_check_object_type_tag(value.Env(), value, &tensorTag, &tagged);
  return tagged;
}

bool isDisposed(const Napi::Value& value) {
  return !handleIn(value)->tensor.defined();
}

void disposeTensor(const Napi::Value& value) {
  release(value.Env(), handleIn(value));
}

int64_t liveTensorCount() {
  return liveCount.load(std::memory_order_relaxed);
}

}  // namespace libbert
