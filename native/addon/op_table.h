// The op table: one line binds one LibTorch function.
//
//   ops.Add("softmax(x, dim)", [](const Tensor& x, int64_t dim) { return at::softmax(x, dim); });
//
// Argument conversion, the arity check, the text of every error and the TypeScript signature are deduced from the
// lambda; every C++ exception of every op passes the one catch in Invoke.
#pragma once

#include <ATen/ATen.h>
#include <napi.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "convert.h"

namespace libbert {

using at::Tensor;
using std::optional;
using std::vector;

using Body = std::function<Napi::Value(const Napi::CallbackInfo&)>;

struct Op {
  std::string name;
  std::vector<std::string> parameters;      // names, from the signature's text
  std::vector<std::string> parameter_types;  // TypeScript types, from the lambda
  std::string result_type;
  Body body;
};

class OpTable {
 public:
  template <class F>
  void Add(const std::string& signature, F function) {
    AddTyped(signature, std::function(std::move(function)));
  }

  // Sets every op as a method of `exports`, and `opSignatures`, their TypeScript signatures.
  void Export(Napi::Env env, Napi::Object exports) const;

 private:
  template <class R, class... A>
  void AddTyped(const std::string& signature, std::function<R(A...)> function);

  void Register(Op op, const std::string& signature);

  std::vector<Op> ops_;
};

// How an error message shows a JavaScript value.
std::string Describe(const Napi::Value& value);

// Reads argument `i`; a conversion error gets the parameter's name and what came.
template <class T>
T ReadArgument(const Napi::CallbackInfo& info, const std::vector<std::string>& names, size_t i) {
  try {
    return Js<T>::From(info[i]);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(std::string(e.what()) + " for " + names[i] + " but received " + Describe(info[i]));
  }
}

template <class R, class... A>
void OpTable::AddTyped(const std::string& signature, std::function<R(A...)> function) {
  Op op;
  op.parameter_types = {std::string(Js<std::decay_t<A>>::kName)...};
  if constexpr (std::is_void_v<R>) {
    op.result_type = "void";
  } else {
    op.result_type = Js<R>::kName;
  }
  Register(std::move(op), signature);

  const auto names = ops_.back().parameters;
  ops_.back().body = [function, names](const Napi::CallbackInfo& info) -> Napi::Value {
    return [&]<size_t... I>(std::index_sequence<I...>) -> Napi::Value {
      // Braces fix the order of evaluation: the first bad argument is the one reported.
      std::tuple<std::decay_t<A>...> arguments{ReadArgument<std::decay_t<A>>(info, names, I)...};
      if constexpr (std::is_void_v<R>) {
        std::apply(function, arguments);
        return info.Env().Undefined();
      } else {
        return Js<R>::To(info.Env(), std::apply(function, arguments));
      }
    }(std::index_sequence_for<A...>{});
  };
}

// One function a file; each adds its group of ops.
void AddCreationOps(OpTable& ops);
void AddElementOps(OpTable& ops);
void AddShapeOps(OpTable& ops);
void AddReductionOps(OpTable& ops);
void AddNeuralOps(OpTable& ops);
void AddAutogradOps(OpTable& ops);
void AddRandomOps(OpTable& ops);
void AddSystemOps(OpTable& ops);
void AddDeviceOps(OpTable& ops);
void AddDistributedOps(OpTable& ops);

}  // namespace libbert
