#include "tensor_handle.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace libbert {
namespace {

struct Handle {
  at::Tensor tensor;
  int64_t bytes;
};

/** Random 128 bits: tells our externals from those of other addons. */
constexpr napi_type_tag tensorTag = {0x6c6962626572745full, 0x9a3e4f1c7b2d8056ull};

std::atomic<int64_t> liveCount{0};

/** Releases the tensor and tells V8 that the memory behind the handle is gone. */
void release(Napi::Env env, Handle* handle) {
  if (!handle->tensor.defined()) return;
  handle->tensor.reset();
  liveCount.fetch_sub(1, std::memory_order_relaxed);
  Napi::MemoryManagement::AdjustExternalMemory(env, -handle->bytes);
}

/** What a handle keeps from being freed: no more than there is, however often a view repeats its elements. */
int64_t bytesBehind(const at::Tensor& tensor) {
  if (!tensor.has_storage()) return tensor.numel() * static_cast<int64_t>(tensor.itemsize());
  const auto stored = static_cast<int64_t>(tensor.storage().nbytes());
  const auto itemSize = static_cast<int64_t>(tensor.itemsize());
  return std::min(tensor.numel(), stored / itemSize) * itemSize;
}

Handle* handleIn(const Napi::Value& value) {
  if (!isTensor(value)) throw std::invalid_argument("Expected a tensor");
  return value.As<Napi::External<Handle>>().Data();
}

}  // namespace

Napi::Value wrapTensor(Napi::Env env, at::Tensor tensor) {
  if (tensor.is_sparse()) tensor = tensor.to_dense();
  const int64_t bytes = bytesBehind(tensor);
  auto handle = std::make_unique<Handle>(std::move(tensor), bytes);
  // Throws in a worker that is being terminated.
  auto external = Napi::External<Handle>::New(env, handle.get(), [](Napi::Env env, Handle* handle) {
    release(env, handle);
    delete handle;
  });
  handle.release();
  liveCount.fetch_add(1, std::memory_order_relaxed);
  // Without this V8 would see 100 bytes where there are megabytes, and never collect forgotten handles.
  Napi::MemoryManagement::AdjustExternalMemory(env, bytes);
  napi_type_tag_object(env, external, &tensorTag);
  return external;
}

const at::Tensor& unwrapTensor(const Napi::Value& value) {
  const Handle* handle = handleIn(value);
  if (!handle->tensor.defined()) throw DisposedTensor();
  return handle->tensor;
}

bool isTensor(const Napi::Value& value) {
  bool tagged = false;
  if (value.IsExternal()) napi_check_object_type_tag(value.Env(), value, &tensorTag, &tagged);
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
