// How C++ exceptions become the errors that JavaScript sees.

#pragma once

#include <c10/util/Exception.h>
#include <napi.h>

#include <string>

namespace libbert {

/** A LibbertError, once the addon was given that class; before, an Error with the same code. */
Napi::Error newError(Napi::Env env, const char* code, const std::string& message, const std::string& option);

/** What went wrong in LibTorch, as one of the codes of LibbertError. */
const char* codeOf(const c10::Error& error);

/** LibTorch's message, without what it says of PyTorch's Python functions. */
std::string inOurWords(const std::string& message);

}  // namespace libbert
