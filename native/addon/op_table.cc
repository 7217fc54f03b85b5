#include "op_table.h"

#include <c10/util/Exception.h>

#include <sstream>

#include "errors.h"

namespace libbert {
namespace {

constexpr size_t mostShown = 80;  // characters of a string

std::string join(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

/** "softmax(x, dim)" -> {"softmax", {"x", "dim"}} */
std::pair<std::string, std::vector<std::string>> parseSignature(const std::string& signature) {
  const size_t open = signature.find('(');
  std::vector<std::string> names;
  std::istringstream inside(signature.substr(open + 1, signature.size() - open - 2));
  for (std::string name; std::getline(inside >> std::ws, name, ',');) names.push_back(name);
  return {signature.substr(0, open), names};
}

void checkArity(const Op& op, size_t received) {
  if (received == op.parameters.size()) return;
  throw std::invalid_argument("Expected " + std::to_string(op.parameters.size()) + " arguments (" +
                              join(op.parameters) + ") but received " + std::to_string(received));
}

/** Runs one op. Every C++ exception of the addon becomes a JavaScript error here, with the op's name in front. */
Napi::Value invoke(const Op& op, const Napi::CallbackInfo& info) {
  const auto fail = [&](const char* code, const std::string& what, const std::string& option = "") {
    return newError(info.Env(), code, op.name + ": " + what, option);
  };
  try {
    checkArity(op, info.Length());
    return op.body(info);
  } catch (const Napi::Error&) {
    throw;  // already a JavaScript error
  } catch (const ArgumentError& e) {
    throw fail(e.code, e.what(), e.parameter);
  } catch (const c10::Error& e) {
    throw fail(codeOf(e), inOurWords(e.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    throw fail("ERR_OUT_OF_MEMORY", "out of memory");
  } catch (const std::invalid_argument& e) {
    throw fail("ERR_OPTION", e.what());
  } catch (const std::exception& e) {
    throw fail("ERR_RUNTIME", e.what());
  }
}

std::string typeScriptSignature(const Op& op) {
  std::vector<std::string> parameters;
  for (size_t i = 0; i < op.parameters.size(); ++i) {
    parameters.push_back(op.parameters[i] + ": " + op.parameterTypes[i]);
  }
  return op.name + "(" + join(parameters) + "): " + op.resultType;
}

}  // namespace

std::string describe(const Napi::Value& value) {
  if (isTensor(value)) return isDisposed(value) ? "a disposed one" : "a tensor";
  if (value.IsExternal()) return "another handle";
  if (value.IsSymbol()) return "a symbol";
  if (value.IsFunction()) return "a function";
  if (value.IsArray()) return "an array";
  if (value.IsObject()) return "an object";
  std::string text = value.ToString();
  if (text.size() > mostShown) text = text.substr(0, mostShown) + "...";
  return value.IsString() ? "'" + text + "'" : text;
}

void OpTable::registerOp(Op op, const std::string& signature) {
  std::tie(op.name, op.parameters) = parseSignature(signature);
  if (op.parameters.size() != op.parameterTypes.size()) {
    throw std::logic_error("Expected " + std::to_string(op.parameterTypes.size()) +
                           " parameters, as the lambda has, for " + signature + " but received " +
                           std::to_string(op.parameters.size()));
  }
  ops_.push_back(std::move(op));
}

void OpTable::exportTo(Napi::Env env, Napi::Object exports) const {
  auto signatures = Napi::Array::New(env, ops_.size());
  for (size_t i = 0; i < ops_.size(); ++i) {
    const Op& op = ops_[i];
    exports.Set(op.name,
                Napi::Function::New(env, [op](const Napi::CallbackInfo& info) { return invoke(op, info); }, op.name));
    signatures.Set(i, typeScriptSignature(op));
  }
  exports.Set("opSignatures", signatures);
}

}  // namespace libbert
