#include "cuda_driver.h"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "symbol_version.h"

LIBBERT_OLDEST_VERSION(dlopen);
LIBBERT_OLDEST_VERSION(dlerror);
LIBBERT_OLDEST_VERSION(dlsym);

namespace libbert {
namespace {

// The part of cuda.h that is used here; these functions and numbers are the same in every release of the driver.
using Result = int;
using Device = int;
constexpr Result kSuccess = 0;
constexpr Result kNoDevice = 100;
constexpr int kCapabilityMajor = 75;
constexpr int kCapabilityMinor = 76;

class Driver {
 public:
  // Throws std::runtime_error with the dynamic linker's message.
  Driver() : library_(dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) throw std::runtime_error(dlerror());
  }

  // Calls a function of the driver. Throws std::runtime_error with its name and what the driver says.
  template <class... A>
  void Call(const char* name, A... arguments) const {
    const Result result = TryCall(name, arguments...);
    if (result != kSuccess) throw std::runtime_error(std::string(name) + ": " + ErrorText(result));
  }

  template <class... A>
  Result TryCall(const char* name, A... arguments) const {
    const auto function = reinterpret_cast<Result (*)(A...)>(dlsym(library_, name));
    if (function == nullptr) throw std::runtime_error(dlerror());
    return function(arguments...);
  }

 private:
  std::string ErrorText(Result result) const {
    const char* text = nullptr;
    TryCall("cuGetErrorString", result, &text);
    return (text == nullptr ? "error" : std::string(text)) + " (" + std::to_string(result) + ")";
  }

  void* library_;  // stays open: LibTorch opens it again
};

Napi::Object Describe(Napi::Env env, const Driver& driver, int ordinal) {
  Device device;
  char name[256] = "";
  int major = 0, minor = 0;
  size_t bytes = 0;
  driver.Call("cuDeviceGet", &device, ordinal);
  driver.Call("cuDeviceGetName", name, static_cast<int>(sizeof name), device);
  driver.Call("cuDeviceGetAttribute", &major, kCapabilityMajor, device);
  driver.Call("cuDeviceGetAttribute", &minor, kCapabilityMinor, device);
  driver.Call("cuDeviceTotalMem_v2", &bytes, device);

  auto object = Napi::Object::New(env);
  object.Set("name", std::string(name));
  object.Set("capability", std::to_string(major) + "." + std::to_string(minor));
  object.Set("totalMemory", static_cast<double>(bytes));
  return object;
}

// Sets `devices`, all at once.
void ListDevices(Napi::Env env, const Driver& driver, Napi::Object answer) {
  if (driver.TryCall("cuInit", 0u) == kNoDevice) return;
  driver.Call("cuInit", 0u);
  int count = 0;
  driver.Call("cuDeviceGetCount", &count);
  auto devices = Napi::Array::New(env, count);
  for (int i = 0; i < count; ++i) devices.Set(i, Describe(env, driver, i));
  answer.Set("devices", devices);
}

}  // namespace

Napi::Value CudaDriver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto answer = Napi::Object::New(env);
  answer.Set("driver", env.Null());
  answer.Set("devices", Napi::Array::New(env));
  answer.Set("failure", env.Null());
  try {
    const Driver driver;
    int version = 0;
    driver.Call("cuDriverGetVersion", &version);
    answer.Set("driver", version);
    ListDevices(env, driver, answer);
  } catch (const std::runtime_error& error) {
    answer.Set("failure", std::string(error.what()));
  }
  return answer;
}

}  // namespace libbert
