#include <napi.h>
#include <torch/version.h>

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("torchVersion", Napi::String::New(env, TORCH_VERSION));
  return exports;
}
NODE_API_MODULE(libbert, Init)
