// preload.node: opens shared libraries by absolute path.
//
// libbert.node needs libtorch_cpu.so, whose folder is known only at run time (the user's cache, a Python
// environment, LIBTORCH). Once a library with the right SONAME is in the process, the dynamic linker takes that one,
// so opening LibTorch here first makes the later require() of libbert.node find it without LD_LIBRARY_PATH.

#include <dlfcn.h>
#include <napi.h>

namespace {

// open(path): loads the library and keeps it for the life of the process. Throws the linker's own message.
void Open(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsString()) {
    throw Napi::TypeError::New(info.Env(), "Expected one string for path");
  }
  const std::string path = info[0].As<Napi::String>();
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) {
    throw Napi::Error::New(info.Env(), dlerror());
  }
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("open", Napi::Function::New(env, Open, "open"));
  return exports;
}

}  // namespace

NODE_API_MODULE(preload, Init)
