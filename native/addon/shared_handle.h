// How an object other than a tensor crosses to JavaScript: a tagged napi External around a shared pointer. An op with a
// Released argument frees the object; the garbage collector is only the backstop.
#pragma once

#include <napi.h>

#include <memory>

#include "convert.h"

namespace libbert {

// For a class T: `static constexpr const char* kName`, its name in TypeScript, and `static constexpr napi_type_tag kTag`.
template <class T>
struct HandleOf;

template <class T>
struct Js<std::shared_ptr<T>> {
  static constexpr const char* kName = HandleOf<T>::kName;

  static std::shared_ptr<T> From(const Napi::Value& v) {
    auto held = *Slot(v);
    if (held == nullptr) throw std::invalid_argument(std::string("Expected a live ") + kName);
    return held;
  }

  // Where the handle holds its object.
  static std::shared_ptr<T>* Slot(const Napi::Value& v) {
    bool tagged = false;
    if (v.IsExternal()) napi_check_object_type_tag(v.Env(), v, &HandleOf<T>::kTag, &tagged);
    if (!tagged) throw std::invalid_argument(std::string("Expected a ") + kName);
    return v.As<Napi::External<std::shared_ptr<T>>>().Data();
  }

  static Napi::Value To(Napi::Env env, std::shared_ptr<T> object) {
    auto held = std::make_unique<std::shared_ptr<T>>(std::move(object));
    auto external = Napi::External<std::shared_ptr<T>>::New(
        env, held.get(), [](Napi::Env, std::shared_ptr<T>* data) { delete data; });
    held.release();
    napi_type_tag_object(env, external, &HandleOf<T>::kTag);
    return external;
  }
};

// An argument whose object the op lets go of. A second time does nothing.
template <class T>
struct Released {
  std::shared_ptr<T>* slot;
};

template <class T>
struct Js<Released<T>> {
  static constexpr const char* kName = HandleOf<T>::kName;
  static Released<T> From(const Napi::Value& v) { return {Js<std::shared_ptr<T>>::Slot(v)}; }
};

}  // namespace libbert
