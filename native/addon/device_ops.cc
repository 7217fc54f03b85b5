// Devices other than the CPU, through what LibTorch has for all of them: the addon links no CUDA.

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>

#include "../ops/find_operator.h"
#include "op_table.h"

namespace libbert {
namespace {

c10::DeviceIndex gpuIndex(const at::Device& device) {
  TORCH_CHECK(device.is_cuda() && device.has_index(), "Expected a GPU, 'cuda:N', for device but received '",
              device.str(), "'");
  return device.index();
}

/** Bytes in tensors, bytes taken from the device, the most that were in tensors, and what the device has left. */
std::tuple<int64_t, int64_t, int64_t, int64_t> memoryOf(const at::Device& device) {
  const auto stats = at::accelerator::getDeviceStats(gpuIndex(device));
  const auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const auto [free, total] = at::accelerator::getMemoryInfo(device.index());
  return {stats.allocated_bytes[all].current, stats.reserved_bytes[all].current, stats.allocated_bytes[all].peak,
          static_cast<int64_t>(free)};
}

/** For the whole process: LibTorch has one flag for all of its threads. */
void useDeterministicAlgorithms() {
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  at::globalContext().setDeterministicFillUninitializedMemory(false);  // it only helps to find mistakes
}

/** Those that libbert's library for GPUs has; see native/cuda/kernel_choice.h. */
std::vector<std::string> ownKernels() {
  return findOperator<std::vector<std::string>()>("libbert::own_kernels").call();
}

void useOwnKernels(const std::vector<std::string>& names) {
  findOperator<void(const std::vector<std::string>&)>("libbert::use_own_kernels").call(names);
}

}  // namespace

void addDeviceOps(OpTable& ops) {
  // The device that this thread's work goes to where no tensor says otherwise.
  ops.add("setDevice(device)", [](const at::Device& device) { at::accelerator::setDeviceIndex(gpuIndex(device)); });
  ops.add("useDeterministicAlgorithms()", useDeterministicAlgorithms);
  ops.add("deviceMemory(device)", memoryOf);
  ops.add("ownKernels()", ownKernels);
  ops.add("useOwnKernels(names)", useOwnKernels);
}

}  // namespace libbert
