// libbert.node: what Node.js requires. It needs no LibTorch itself: it asks for GPUs before any of LibTorch is there, opens
// LibTorch by path, and then libbert_addon.so, which has the operators.
//
// libbert_addon.so needs libtorch_cpu.so, whose folder is known only at run time (the user's cache, a Python
// environment, LIBTORCH). Once a library with the right SONAME is in the process, the dynamic linker takes that one:
// opening LibTorch first makes libbert_addon.so find it without LD_LIBRARY_PATH.

#include <dlfcn.h>
#include <malloc.h>
#include <napi.h>

#include <cstdlib>

#include "cuda_driver.h"
#include "symbol_version.h"

LIBBERT_OLDEST_VERSION(dlopen);
LIBBERT_OLDEST_VERSION(dlerror);
LIBBERT_OLDEST_VERSION(dlsym);

namespace {

/**
 * Opens the library that the only argument names. Nothing closes it: Node.js unloads libbert.node with the last thread that
 * loaded it, while threads of the other libraries may still be on their way out.
 */
void* openNamed(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsString()) {
    throw Napi::TypeError::New(info.Env(), "Expected one string for path");
  }
  const std::string path = info[0].As<Napi::String>();
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Napi::Error::New(info.Env(), dlerror());
  return library;
}

/** open(path): loads the library. Throws the linker's own message. */
void openLibrary(const Napi::CallbackInfo& info) {
  openNamed(info);
}

/** openAddon(path): loads libbert_addon.so, and returns its exports for this thread. Throws as open() does. */
Napi::Value openAddon(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto init = reinterpret_cast<napi_addon_register_func>(dlsym(openNamed(info), "libbert_addon_init"));
  if (init == nullptr) throw Napi::Error::New(env, dlerror());
  return Napi::Value(env, init(env, Napi::Object::New(env)));
}

/**
 * releaseMemory(): gives back to the system what malloc keeps of freed memory. Each thread allocates from an arena, and an
 * arena keeps what a model left in it: a process that loads one model after the other would keep one for each arena.
 */
void releaseMemory(const Napi::CallbackInfo&) {
  malloc_trim(0);
}

/** Settings of the libraries inside LibTorch, which read them when they are loaded; what the user has set stays. */
void setDefaults() {
  // GNU OpenMP's threads spin for milliseconds at each barrier, waiting for one another. On a machine that does other
  // work, too, whoever is waited for is not running, and training becomes tens of times slower. A shorter wait costs
  // nothing when the machine is free.
  if (getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "2000", /*overwrite=*/0);

  // oneDNN compiles a kernel for each shape and keeps 1024 of them, which cost 400 MB. Batches of the same data come to
  // a few dozen numbers of tokens, since they are rounded: 40 updates on SST-2 needed 56 kernels in float32, where the
  // forward pass alone is oneDNN's. In bfloat16 backward is, too.
  setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256", /*overwrite=*/0);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  setDefaults();
  exports.Set("open", Napi::Function::New(env, openLibrary, "open"));
  exports.Set("openAddon", Napi::Function::New(env, openAddon, "openAddon"));
  exports.Set("releaseMemory", Napi::Function::New(env, releaseMemory, "releaseMemory"));
  exports.Set("cudaDriver", Napi::Function::New(env, libbert::cudaDriver, "cudaDriver"));
  return exports;
}

}  // namespace

NODE_API_MODULE(libbert, init)
