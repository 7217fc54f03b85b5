// A tensor as JavaScript holds it: a tagged object that wraps an at::Tensor.
//
// The handle frees its tensor when dispose() is called; the garbage collector is only the backstop. Handles are
// counted, so that tests (and users) can see a leak.

#pragma once

#include <ATen/core/Tensor.h>
#include <napi.h>

#include <stdexcept>

namespace libbert {

/** Wraps `tensor` into a new JavaScript handle: a dense one, since nothing here takes a sparse one. */
Napi::Value wrapTensor(Napi::Env env, at::Tensor tensor);

/** Thrown where a tensor is used after dispose(). */
struct DisposedTensor : std::invalid_argument {
  DisposedTensor() : std::invalid_argument("Expected a live tensor") {}
};

/** The tensor inside `value`. Throws std::invalid_argument if it is no handle, DisposedTensor if it was disposed. */
const at::Tensor& unwrapTensor(const Napi::Value& value);

/** Whether `value` is a handle, disposed or not. */
bool isTensor(const Napi::Value& value);

/** Whether the tensor of a handle was disposed. */
bool isDisposed(const Napi::Value& value);

/** Frees the tensor inside the handle now. A second call does nothing. */
void disposeTensor(const Napi::Value& value);

/** Handles that exist and are not disposed, over all threads of the process. */
int64_t liveTensorCount();

}  // namespace libbert
