// libbert_addon.so: tensors, autograd and operators for TypeScript. Each thread that loads the addon gets its own exports;
// nothing here is shared between threads but the count of live tensors.

#include <napi.h>
#include <torch/version.h>

#include "op_table.h"

namespace {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  libbert::OpTable ops;
  libbert::addCreationOps(ops);
  libbert::addElementOps(ops);
  libbert::addShapeOps(ops);
  libbert::addReductionOps(ops);
  libbert::addNeuralOps(ops);
  libbert::addAutogradOps(ops);
  libbert::addErrorOps(ops);
  libbert::addRandomOps(ops);
  libbert::addSystemOps(ops);
  libbert::addDeviceOps(ops);
  libbert::addGraphOps(ops);
  libbert::addDistributedOps(ops);
  ops.exportTo(env, exports);
  exports.Set("torchVersion", Napi::String::New(env, TORCH_VERSION));
  return exports;
}

}  // namespace

/** Called by libbert.node (native/loader/loader.cc), once in each thread. */
extern "C" NAPI_MODULE_EXPORT napi_value libbert_addon_init(napi_env env, napi_value exports) {
  return Napi::RegisterModule(env, exports, init);
}
