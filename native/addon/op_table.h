// The op table: one line binds one LibTorch function.
//
//   ops.add("softmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::softmax(x, dim); });
//
// Argument conversion, the arity check, the text of every error and the TypeScript signature are deduced from the
// lambda; every C++ exception of every op passes the one catch in invoke(), and becomes a LibbertError there.

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

/** A JavaScript argument that no op could take: the whole sentence, and whose it is. */
struct ArgumentError : std::invalid_argument {
  ArgumentError(const char* code, const std::string& parameter, const std::string& expected, const Napi::Value& value)
      : std::invalid_argument(expected + " for " + parameter + " but received " + describe(value)),
        code(code),
        parameter(parameter) {}

  const char* code;
  std::string parameter;
};

/** Reads argument `i`; a conversion error gets the parameter's name and the value received. */
template <typename T>
T readArgument(const Napi::CallbackInfo& info, const std::vector<std::string>& names, size_t i) {
  try {
    return Js<T>::from(info[i]);
  } catch (const DisposedTensor& e) {
    throw ArgumentError("ERR_DISPOSED", names[i], e.what(), info[i]);
  } catch (const std::invalid_argument& e) {
    throw ArgumentError("ERR_OPTION", names[i], e.what(), info[i]);
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
void addErrorOps(OpTable& ops);
void addRandomOps(OpTable& ops);
void addSystemOps(OpTable& ops);
void addDeviceOps(OpTable& ops);
void addGraphOps(OpTable& ops);
void addDistributedOps(OpTable& ops);

}  // namespace libbert
