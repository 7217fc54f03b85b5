// A tensor as JavaScript holds it: a tagged napi External around an at::Tensor.
//
// The handle frees its tensor when dispose() is called; the garbage collector is only the backstop. Handles are
// counted, so that tests (and users) can see a leak.

#pragma once

#include <ATen/core/Tensor.h>
#include <napi.h>

namespace libbert {

/** Wraps `tensor` into a new JavaScript handle. */
Napi::Value wrapTensor(Napi::Env env, at::Tensor tensor);

/** The tensor inside `value`. Throws std::invalid_argument if it is no handle, or if it was disposed. */
const at::Tensor& unwrapTensor(const Napi::Value& value);

bool isDisposed(const Napi::Value& value);

/** Frees the tensor inside the handle now. A second call does nothing. */
void disposeTensor(const Napi::Value& value);

/** Handles that exist and are not disposed, over all threads of the process. */
int64_t liveTensorCount();

}  // namespace libbert
