// The op table: one line binds one LibTorch function.
//
//   ops.add("softmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::softmax(x, dim); });
//
// Argument conversion, the arity check, the text of every error and the TypeScript signature are deduced from the
// lambda; every C++ exception of every op passes the one catch in invoke().

#pragma once

#include <ATen/ATen.h>
#include <napi.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "convert.h"

namespace libbert {

using Body = std::function<Napi::Value(const Napi::CallbackInfo&)>;

struct Op {
  std::string name;
  std::vector<std::string> parameters;      // names, from the signature's text
  std::vector<std::string> parameterTypes;  // TypeScript types, from the lambda
  std::string resultType;
  Body body;
};

class OpTable {
 public:
  template <typename F>
  void add(const std::string& signature, F function) {
    addTyped(signature, std::function(std::move(function)));
  }

  /** Sets every op as a method of `exports`, and `opSignatures`, their TypeScript signatures. */
  void exportTo(Napi::Env env, Napi::Object exports) const;

 private:
  template <typename R, typename... A>
  void addTyped(const std::string& signature, std::function<R(A...)> function);

  void registerOp(Op op, const std::string& signature);

  std::vector<Op> ops_;
};

/** How an error message shows a JavaScript value. */
std::string describe(const Napi::Value& value);

/** Reads argument `i`; a conversion error gets the parameter's name and the value received. */
template <typename T>
T readArgument(const Napi::CallbackInfo& info, const std::vector<std::string>& names, size_t i) {
  try {
    return Js<T>::from(info[i]);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(std::string(e.what()) + " for " + names[i] + " but received " + describe(info[i]));
  }
}

template <typename R, typename... A>
void OpTable::addTyped(const std::string& signature, std::function<R(A...)> function) {
  Op op;
  op.parameterTypes = {std::string(Js<std::decay_t<A>>::name)...};
  if constexpr (std::is_void_v<R>) {
    op.resultType = "void";
  } else {
    op.resultType = Js<R>::name;
  }
  registerOp(std::move(op), signature);

  const auto names = ops_.back().parameters;
  ops_.back().body = [function, names](const Napi::CallbackInfo& info) -> Napi::Value {
    return [&]<size_t... I>(std::index_sequence<I...>) -> Napi::Value {
      // Braces fix the order of evaluation: the first bad argument is the one reported.
      std::tuple<std::decay_t<A>...> arguments{readArgument<std::decay_t<A>>(info, names, I)...};
      if constexpr (std::is_void_v<R>) {
        std::apply(function, arguments);
        return info.Env().Undefined();
      } else {
        return Js<R>::to(info.Env(), std::apply(function, arguments));
      }
    }(std::index_sequence_for<A...>{});
  };
}

// One function a file, which adds its group of ops.
void addCreationOps(OpTable& ops);
void addElementOps(OpTable& ops);
void addShapeOps(OpTable& ops);
void addReductionOps(OpTable& ops);
void addNeuralOps(OpTable& ops);
void addAutogradOps(OpTable& ops);
void addRandomOps(OpTable& ops);
void addSystemOps(OpTable& ops);
void addDeviceOps(OpTable& ops);
void addDistributedOps(OpTable& ops);

}  // namespace libbert
