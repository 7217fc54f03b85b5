// How an object other than a tensor crosses to JavaScript: a tagged napi External around a shared pointer. An op with a
// Released argument frees the object; the garbage collector is only the backstop.

#pragma once

#include <napi.h>

#include <memory>

#include "convert.h"

namespace libbert {

/** For a class T: `static constexpr const char* name` in TypeScript, and `static constexpr napi_type_tag tag`. */
template <typename T>
struct HandleOf;

template <typename T>
struct Js<std::shared_ptr<T>> {
  static constexpr const char* name = HandleOf<T>::name;

  static std::shared_ptr<T> from(const Napi::Value& v) {
    auto held = *slot(v);
    if (held == nullptr) throw std::invalid_argument(std::string("Expected a live ") + name);
    return held;
  }

  /** Where the handle holds its object. */
  static std::shared_ptr<T>* slot(const Napi::Value& v) {
    bool tagged = false;
    if (v.IsExternal()) napi_check_object_type_tag(v.Env(), v, &HandleOf<T>::tag, &tagged);
    if (!tagged) throw std::invalid_argument(std::string("Expected a ") + name);
    return v.As<Napi::External<std::shared_ptr<T>>>().Data();
  }

  static Napi::Value to(Napi::Env env, std::shared_ptr<T> object) {
    auto held = std::make_unique<std::shared_ptr<T>>(std::move(object));
    auto external = Napi::External<std::shared_ptr<T>>::New(env, held.get(),
                                                            [](Napi::Env, std::shared_ptr<T>* data) { delete data; });
    held.release();
    napi_type_tag_object(env, external, &HandleOf<T>::tag);
    return external;
  }
};

/** An argument whose object the op releases. A second time does nothing. */
template <typename T>
struct Released {
  std::shared_ptr<T>* slot;
};

template <typename T>
struct Js<Released<T>> {
  static constexpr const char* name = HandleOf<T>::name;
  static Released<T> from(const Napi::Value& v) {
    return {Js<std::shared_ptr<T>>::slot(v)};
  }
};

}  // namespace libbert
