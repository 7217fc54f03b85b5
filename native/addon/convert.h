// How each C++ type crosses to JavaScript and back, and what TypeScript calls it.
//
// Js<T>::name is the TypeScript type; Js<T>::from reads an argument (throws std::invalid_argument); Js<T>::to makes
// a result. The op table deduces everything else from these.

#pragma once

#include <ATen/ATen.h>
#include <ATen/ScalarOps.h>
#include <napi.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "tensor_handle.h"

namespace libbert {

/**
 * A typed array or a Node Buffer. Its memory is asked for when all arguments have been read: reading an array may run
 * getters, and those may shrink a buffer or transfer it to another thread.
 */
struct Bytes {
  Napi::Value array;

  std::span<uint8_t> memory() const;
};

/** The other side of a binary operation: a tensor, or a number that takes the tensor's dtype as in PyTorch. */
struct Operand {
  at::Tensor tensor;
};

/** A tensor handle itself, disposed or not. */
struct HandleReference {
  Napi::Value value;
};

/** Fresh memory handed to JavaScript as an ArrayBuffer: the elements of a tensor, contiguous. */
struct Elements {
  at::Tensor tensor;
};

/** Whether `name` is `cuda:N`, with a number that LibTorch can read. */
bool isNumberedGpu(const std::string& name);

at::ScalarType dtypeFromName(const std::string& name);
std::string dtypeName(at::ScalarType dtype);

template <typename T>
struct Js;

template <>
struct Js<at::Tensor> {
  static constexpr const char* name = "TensorHandle";
  static at::Tensor from(const Napi::Value& v) {
    return unwrapTensor(v);
  }
  static Napi::Value to(Napi::Env env, at::Tensor t) {
    return wrapTensor(env, std::move(t));
  }
};

template <>
struct Js<double> {
  static constexpr const char* name = "number";
  static double from(const Napi::Value& v) {
    if (!v.IsNumber()) throw std::invalid_argument("Expected a number");
    return v.As<Napi::Number>().DoubleValue();
  }
  static Napi::Value to(Napi::Env env, double x) {
    return Napi::Number::New(env, x);
  }
};

template <>
struct Js<int64_t> {
  static constexpr const char* name = "number";
  static int64_t from(const Napi::Value& v) {
    const double x = v.IsNumber() ? v.As<Napi::Number>().DoubleValue() : NAN;
    if (!(std::abs(x) <= 9007199254740992.0) || x != std::floor(x)) throw std::invalid_argument("Expected an integer");
    return static_cast<int64_t>(x);
  }
  static Napi::Value to(Napi::Env env, int64_t x) {
    return Napi::Number::New(env, static_cast<double>(x));
  }
};

template <>
struct Js<bool> {
  static constexpr const char* name = "boolean";
  static bool from(const Napi::Value& v) {
    if (!v.IsBoolean()) throw std::invalid_argument("Expected a boolean");
    return v.As<Napi::Boolean>();
  }
  static Napi::Value to(Napi::Env env, bool x) {
    return Napi::Boolean::New(env, x);
  }
};

template <>
struct Js<std::string> {
  static constexpr const char* name = "string";
  static std::string from(const Napi::Value& v) {
    if (!v.IsString()) throw std::invalid_argument("Expected a string");
    return v.As<Napi::String>();
  }
  static Napi::Value to(Napi::Env env, const std::string& s) {
    return Napi::String::New(env, s);
  }
};

template <>
struct Js<HandleReference> {
  static constexpr const char* name = "TensorHandle";
  static HandleReference from(const Napi::Value& v) {
    if (!isTensor(v)) throw std::invalid_argument("Expected a tensor");
    return {v};
  }
};

template <>
struct Js<Operand> {
  static constexpr const char* name = "TensorHandle | number";
  static Operand from(const Napi::Value& v) {
    if (!v.IsNumber() && !isTensor(v)) throw std::invalid_argument("Expected a tensor or a number");
    if (!v.IsNumber()) return {unwrapTensor(v)};
    const double x = v.As<Napi::Number>();
    // A whole number must not turn an int64 tensor into a float one.
    const bool whole = x == std::floor(x) && std::abs(x) < 9007199254740992.0;
    return {at::native::wrapped_scalar_tensor(whole ? at::Scalar(static_cast<int64_t>(x)) : at::Scalar(x))};
  }
};

template <>
struct Js<at::ScalarType> {
  static constexpr const char* name = "DType";
  static at::ScalarType from(const Napi::Value& v) {
    return dtypeFromName(Js<std::string>::from(v));
  }
  static Napi::Value to(Napi::Env env, at::ScalarType t) {
    return Napi::String::New(env, dtypeName(t));
  }
};

template <>
struct Js<at::Device> {
  static constexpr const char* name = "string";
  static at::Device from(const Napi::Value& v) {
    const std::string name = v.IsString() ? v.As<Napi::String>() : std::string();
    // LibTorch knows more kinds of devices: some hold no memory at all, and none has libbert's operators.
    if (name != "cpu" && name != "cuda" && !isNumberedGpu(name)) {
      throw std::invalid_argument("Expected 'cpu', 'cuda' or 'cuda:N'");
    }
    return at::Device(name);
  }
  static Napi::Value to(Napi::Env env, const at::Device& d) {
    return Napi::String::New(env, d.str());
  }
};

template <>
struct Js<Bytes> {
  static constexpr const char* name = "ArrayBufferView";
  static Bytes from(const Napi::Value& v) {
    if (!v.IsTypedArray()) throw std::invalid_argument("Expected a typed array");
    return {v};
  }
};

inline std::span<uint8_t> Bytes::memory() const {
  void* data = nullptr;
  const auto typed = array.As<Napi::TypedArray>();
  napi_get_typedarray_info(array.Env(), array, nullptr, nullptr, &data, nullptr, nullptr);  // shared memory, too
  return {static_cast<uint8_t*>(data), typed.ByteLength()};
}

template <>
struct Js<Elements> {
  static constexpr const char* name = "ArrayBuffer";
  static Napi::Value to(Napi::Env env, const Elements& e) {
    const at::Tensor source = e.tensor.detach().cpu().contiguous();
    // JavaScript's constructor throws where Node-API's function would end the process: there is no memory.
    const auto constructor = env.Global().Get("ArrayBuffer").As<Napi::Function>();
    const Napi::Number size = Napi::Number::New(env, static_cast<double>(source.nbytes()));
    auto buffer = constructor.New({size}).As<Napi::ArrayBuffer>();
    if (source.nbytes() > 0) std::memcpy(buffer.Data(), source.data_ptr(), source.nbytes());
    return buffer;
  }
};

template <typename T>
struct Js<std::optional<T>> {
  inline static const std::string name = std::string(Js<T>::name) + " | null";
  static std::optional<T> from(const Napi::Value& v) {
    if (v.IsNull()) return std::nullopt;
    return Js<T>::from(v);
  }
  static Napi::Value to(Napi::Env env, std::optional<T> x) {
    return x.has_value() ? Js<T>::to(env, std::move(*x)) : env.Null();
  }
};

template <typename T>
struct Js<std::vector<T>> {
  inline static const std::string name = [] {
    const std::string item = Js<T>::name;
    const bool isOneWord = item.find(' ') == std::string::npos || item.front() == '[';
    return "readonly " + (isOneWord ? item : "(" + item + ")") + "[]";
  }();
  static std::vector<T> from(const Napi::Value& v) {
    if (!v.IsArray()) throw std::invalid_argument("Expected an array");
    const auto array = v.As<Napi::Array>();
    const uint32_t length = array.Length();  // a getter may change it
    std::vector<T> items;
    for (uint32_t i = 0; i < length; ++i) items.push_back(Js<T>::from(array.Get(i)));
    return items;
  }
  static Napi::Value to(Napi::Env env, const std::vector<T>& items) {
    auto array = Napi::Array::New(env, items.size());
    for (uint32_t i = 0; i < items.size(); ++i) array.Set(i, Js<T>::to(env, items[i]));
    return array;
  }
};

template <typename... T>
struct Js<std::tuple<T...>> {
  inline static const std::string name = [] {
    std::string name;
    ((name += (name.empty() ? "[" : ", ") + std::string(Js<T>::name)), ...);
    return name + "]";
  }();
  static Napi::Value to(Napi::Env env, const std::tuple<T...>& items) {
    auto array = Napi::Array::New(env, sizeof...(T));
    uint32_t i = 0;
    std::apply([&](const auto&... item) { (array.Set(i++, Js<std::decay_t<decltype(item)>>::to(env, item)), ...); },
               items);
    return array;
  }
};

/** Changes a gradient, or looks at it, during backward. Undefined: it stays as it is. */
using GradientHook = std::function<at::Tensor(const at::Tensor&)>;

template <>
struct Js<GradientHook> {
  static constexpr const char* name = "(gradient: TensorHandle) => TensorHandle | null";
  static GradientHook from(const Napi::Value& v);
};

/** A class of errors: called as `new ErrorClass(code, message, { option })`. */
template <>
struct Js<Napi::Function> {
  static constexpr const char* name = "new (...args: never[]) => Error";
  static Napi::Function from(const Napi::Value& v) {
    if (!v.IsFunction()) throw std::invalid_argument("Expected a class");
    return v.As<Napi::Function>();
  }
};

}  // namespace libbert
