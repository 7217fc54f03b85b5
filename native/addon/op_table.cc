#include "op_table.h"

#include <c10/util/Exception.h>

#include <sstream>

namespace libbert {
namespace {

std::string Join(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

// "softmax(x, dim)" -> {"softmax", {"x", "dim"}}
std::pair<std::string, std::vector<std::string>> ParseSignature(const std::string& signature) {
  const size_t open = signature.find('(');
  std::vector<std::string> names;
  std::istringstream inside(signature.substr(open + 1, signature.size() - open - 2));
  for (std::string name; std::getline(inside >> std::ws, name, ',');) names.push_back(name);
  return {signature.substr(0, open), names};
}

void CheckArity(const Op& op, size_t received) {
  if (received == op.parameters.size()) return;
  throw std::invalid_argument("Expected " + std::to_string(op.parameters.size()) + " arguments (" + Join(op.parameters) +
                              ") but received " + std::to_string(received));
}

// Whether LibTorch ran out of memory: the CPU's allocator, cuBLAS and the like have no exception of their own for it.
bool IsOutOfMemory(const c10::Error& e) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&e) != nullptr) return true;
  const std::string what = e.what_without_backtrace();
  return what.find("out of memory") != std::string::npos || what.find("can't allocate memory") != std::string::npos;
}

Napi::Error OutOfMemory(Napi::Error error) {
  error.Set("code", "ERR_OUT_OF_MEMORY");
  return error;
}

// Runs one op. Every C++ exception of the addon becomes a JavaScript Error here, with the op's name in front.
Napi::Value Invoke(const Op& op, const Napi::CallbackInfo& info) {
  const auto fail = [&](const char* what) { return Napi::Error::New(info.Env(), op.name + ": " + what); };
  try {
    CheckArity(op, info.Length());
    return op.body(info);
  } catch (const Napi::Error&) {
    throw;  // already a JavaScript error
  } catch (const c10::Error& e) {
    throw IsOutOfMemory(e) ? OutOfMemory(fail(e.what_without_backtrace())) : fail(e.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    throw OutOfMemory(fail("out of memory"));
  } catch (const std::exception& e) {
    throw fail(e.what());
  }
}

std::string TypeScriptSignature(const Op& op) {
  std::vector<std::string> parameters;
  for (size_t i = 0; i < op.parameters.size(); ++i) {
    parameters.push_back(op.parameters[i] + ": " + op.parameter_types[i]);
  }
  return op.name + "(" + Join(parameters) + "): " + op.result_type;
}

}  // namespace

std::string Describe(const Napi::Value& value) {
  if (value.IsExternal()) return IsDisposed(value) ? "a disposed one" : "a tensor";
  if (value.IsFunction()) return "a function";
  if (value.IsArray()) return "an array";
  if (value.IsObject()) return "an object";
  const std::string text = value.ToString();
  return value.IsString() ? "'" + text + "'" : text;
}

void OpTable::Register(Op op, const std::string& signature) {
  std::tie(op.name, op.parameters) = ParseSignature(signature);
  if (op.parameters.size() != op.parameter_types.size()) {
    throw std::logic_error("The op table names another number of parameters than the lambda has: " + signature);
  }
  ops_.push_back(std::move(op));
}

void OpTable::Export(Napi::Env env, Napi::Object exports) const {
  auto signatures = Napi::Array::New(env, ops_.size());
  for (size_t i = 0; i < ops_.size(); ++i) {
    const Op& op = ops_[i];
    exports.Set(op.name, Napi::Function::New(env, [op](const Napi::CallbackInfo& info) { return Invoke(op, info); }, op.name));
    signatures.Set(i, TypeScriptSignature(op));
  }
  exports.Set("opSignatures", signatures);
}

}  // namespace libbert
