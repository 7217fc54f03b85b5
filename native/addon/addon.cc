// libbert.node: tensors, autograd and operators for TypeScript. Each thread that loads the addon gets its own exports;
// nothing here is shared between threads but the count of live tensors.

#include <napi.h>
#include <torch/version.h>

#include "op_table.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  libbert::OpTable ops;
  libbert::AddCreationOps(ops);
  libbert::AddElementOps(ops);
  libbert::AddShapeOps(ops);
  libbert::AddReductionOps(ops);
  libbert::AddNeuralOps(ops);
  libbert::AddAutogradOps(ops);
  libbert::AddRandomOps(ops);
  libbert::AddSystemOps(ops);
  libbert::AddDeviceOps(ops);
  libbert::AddDistributedOps(ops);
  ops.Export(env, exports);
  exports.Set("torchVersion", Napi::String::New(env, TORCH_VERSION));
  return exports;
}

}  // namespace

NODE_API_MODULE(libbert, Init)
