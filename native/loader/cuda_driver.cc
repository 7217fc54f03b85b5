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
constexpr Result success = 0;
constexpr Result noDevice = 100;
constexpr int capabilityMajor = 75;
constexpr int capabilityMinor = 76;

class Driver {
 public:
  /** Throws std::runtime_error with the dynamic linker's message. */
  Driver() : library_(dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) throw std::runtime_error(dlerror());
  }

  /** Calls a function of the driver. Throws std::runtime_error with its name and what the driver says. */
  template <typename... A>
  void call(const char* name, A... arguments) const {
    const Result result = tryCall(name, arguments...);
    if (result != success) throw std::runtime_error(std::string(name) + ": " + errorText(result));
  }

  template <typename... A>
  Result tryCall(const char* name, A... arguments) const {
    const auto function = reinterpret_cast<Result (*)(A...)>(dlsym(library_, name));
    if (function == nullptr) throw std::runtime_error(dlerror());
    return function(arguments...);
  }

 private:
  std::string errorText(Result result) const {
    const char* text = nullptr;
    tryCall("cuGetErrorString", result, &text);
    return (text == nullptr ? "error" : std::string(text)) + " (" + std::to_string(result) + ")";
  }

  void* library_;  // stays open: LibTorch opens it again
};

Napi::Object describe(Napi::Env env, const Driver& driver, int ordinal) {
  Device device;
  char name[256] = "";
  int major = 0, minor = 0;
  size_t bytes = 0;
  driver.call("cuDeviceGet", &device, ordinal);
  driver.call("cuDeviceGetName", name, static_cast<int>(sizeof name), device);
  driver.call("cuDeviceGetAttribute", &major, capabilityMajor, device);
  driver.call("cuDeviceGetAttribute", &minor, capabilityMinor, device);
  driver.call("cuDeviceTotalMem_v2", &bytes, device);

  auto object = Napi::Object::New(env);
  object.Set("name", std::string(name));
  object.Set("capability", std::to_string(major) + "." + std::to_string(minor));
  object.Set("totalMemory", static_cast<double>(bytes));
  return object;
}

/** Sets `devices`, all at once. */
void listDevices(Napi::Env env, const Driver& driver, Napi::Object report) {
  if (driver.tryCall("cuInit", 0u) == noDevice) return;
  driver.call("cuInit", 0u);
  int count = 0;
  driver.call("cuDeviceGetCount", &count);
  auto devices = Napi::Array::New(env, count);
  for (int i = 0; i < count; ++i) devices.Set(i, describe(env, driver, i));
  report.Set("devices", devices);
}

}  // namespace

Napi::Value cudaDriver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto report = Napi::Object::New(env);
  report.Set("driver", env.Null());
  report.Set("devices", Napi::Array::New(env));
  report.Set("failure", env.Null());
  try {
    const Driver driver;
    int version = 0;
    driver.call("cuDriverGetVersion", &version);
    report.Set("driver", version);
    listDevices(env, driver, report);
  } catch (const std::runtime_error& error) {
    report.Set("failure", std::string(error.what()));
  }
  return report;
}

}  // namespace libbert
