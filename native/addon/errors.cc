#include "errors.h"

#include "op_table.h"

namespace libbert {
namespace {

/** A message of LibTorch that gives advice for Python, by a part of it, and what takes its place. */
struct Translation {
  const char* part;
  const char* sentence;
};

constexpr Translation translations[] = {
    {"Trying to backward through the graph a second time",
     "Expected results that backward() has not been through but received some whose graph it freed: compute them "
     "again, or call backward() once, on the sum of the losses"},
    {"does not require grad and does not have a grad_fn",
     "Expected a tensor that was computed from one with requiresGrad but received one that was not, or that was "
     "computed inside noGrad()"},
    {"can require gradients", "Expected a floating-point dtype where requiresGrad is true"},
    {"leaf Variable that requires grad is being used in an in-place operation",
     "Expected noGrad() around an operation that changes a tensor with requiresGrad in place"},
    {"has been modified by an inplace operation",
     "Expected the tensors that backward() needs as they were in the forward pass but one was changed in place since"},
};

using ErrorClass = Napi::FunctionReference;

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

Napi::Error newError(Napi::Env env, const char* code, const std::string& message, const std::string& option) {
  const auto* errorClass = env.GetInstanceData<ErrorClass>();
  if (errorClass == nullptr) {
    auto error = Napi::Error::New(env, message);
    error.Set("code", code);
    return error;
  }
  auto options = Napi::Object::New(env);
  if (!option.empty()) options.Set("option", option);
  return Napi::Error(env, errorClass->New({Napi::String::New(env, code), Napi::String::New(env, message), options}));
}

const char* codeOf(const c10::Error& error) {
  const std::string what = error.what_without_backtrace();
  // The CPU's allocator, cuBLAS and others have no exception of their own for it.
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr || contains(what, "out of memory") ||
      contains(what, "can't allocate memory")) {
    return "ERR_OUT_OF_MEMORY";
  }
  const bool isOfTheMachine = dynamic_cast<const c10::AcceleratorError*>(&error) != nullptr ||
                              dynamic_cast<const c10::DistError*>(&error) != nullptr ||
                              contains(what, "INTERNAL ASSERT FAILED");
  return isOfTheMachine ? "ERR_RUNTIME" : "ERR_TENSOR";
}

std::string inOurWords(const std::string& message) {
  for (const auto& [part, sentence] : translations) {
    if (contains(message, part)) return sentence;
  }
  return message;
}

void addErrorOps(OpTable& ops) {
  ops.add("setErrorClass(errorClass)", [](const Napi::Function& errorClass) {
    errorClass.Env().SetInstanceData(new ErrorClass(Napi::Persistent(errorClass)));
  });
}

}  // namespace libbert
