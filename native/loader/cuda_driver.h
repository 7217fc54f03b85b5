// What NVIDIA's driver says of this machine, asked through its own API: neither CUDA nor LibTorch is needed for it.

#pragma once

#include <napi.h>

namespace libbert {

/**
 * cudaDriver(): { driver, devices: [{ name, capability, totalMemory }], failure }
 *   driver       the newest CUDA that the driver supports, 13000 for 13.0; null without a driver
 *   capability   as "9.0"; totalMemory in bytes
 *   failure      why there is no driver, or why it does not work; null where it works, even without any GPU
 */
Napi::Value cudaDriver(const Napi::CallbackInfo& info);

}  // namespace libbert
