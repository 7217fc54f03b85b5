// libbert::add_nccl: from then on a group's tensors on a GPU go through NCCL. An operator, so that the addon, which
// needs no library of CUDA, reaches it through the dispatcher.

// LibTorch's wheels are built with NCCL; its headers offer it where this is defined.
#define USE_C10D_NCCL

#include <c10/util/Exception.h>
#include <c10/util/env.h>
#include <torch/library.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <chrono>
#include <cstddef>
#include <new>
#include <string>

namespace libbert {
namespace {

using Options = c10d::ProcessGroupNCCL::Options;

/**
 * c10d's options contain NCCL's, which grow with its releases: they can only be shared with a LibTorch that was built
 * with the release that this file was. LibTorch's constructor notes the size; it runs where a larger one does no harm.
 */
void checkOptionsSize() {
  alignas(Options) std::byte room[sizeof(Options) + 1024];
  const auto* options = new (room) Options();
  const size_t size = options->config.size;
  TORCH_CHECK(size == sizeof(ncclConfig_t), "Expected LibTorch built with NCCL ", NCCL_MAJOR, ".", NCCL_MINOR, ".",
              NCCL_PATCH, ", as libbert_cuda.so was, but received one whose ncclConfig_t has ", size,
              " bytes instead of ", sizeof(ncclConfig_t));
  options->~Options();
}

/**
 * When a call fails or is not done in time, c10d's watchdog is to end the calls under way, so that a thread goes on
 * that waits for the GPU, and asks Group::check(). By default it ends the process, before anybody has said which rank
 * was lost; sleeps a minute for others to write down what they did; and its own watchdog ends the process, too.
 * Variables that are set already stay.
 */
void letWatchdogOnlyCleanUp() {
  const auto setDefault = [](const char* name, const std::string& value) {
    c10::utils::set_env(name, value.c_str(), /*overwrite=*/false);
  };
  setDefault("TORCH_NCCL_ASYNC_ERROR_HANDLING", std::to_string(c10d::CleanUpOnly));
  setDefault("TORCH_NCCL_WAIT_TIMEOUT_DUMP_MILSEC", "0");
  setDefault("TORCH_NCCL_ENABLE_MONITORING", "0");
}

void addNccl(const c10::intrusive_ptr<c10d::ProcessGroup>& group, int64_t timeoutMs) {
  checkOptionsSize();
  letWatchdogOnlyCleanUp();
  const auto options = Options::create();
  options->timeout = std::chrono::milliseconds(timeoutMs);
  const auto store = c10::make_intrusive<c10d::PrefixStore>("nccl", group->getStore());
  const auto nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, group->getRank(), group->getSize(), options);
  group->setBackend(c10::DeviceType::CUDA, c10d::ProcessGroup::NCCL, nccl);
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(libbert, m) {
  m.def("add_nccl(__torch__.torch.classes.c10d.ProcessGroup group, int timeout_ms) -> ()", addNccl);
}

}  // namespace libbert
