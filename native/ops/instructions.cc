#include "instructions.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>

namespace libbert {
namespace {

constexpr std::string_view names[] = {"baseline", "avx2", "avx512", "avx512_bf16"};

Instructions ofProcessor() {
#ifdef __x86_64__
  if (!__builtin_cpu_supports("x86-64-v3")) return Instructions::baseline;
  if (!__builtin_cpu_supports("x86-64-v4")) return Instructions::avx2;
  return __builtin_cpu_supports("avx512bf16") ? Instructions::avx512Bf16 : Instructions::avx512;
#else
  return Instructions::baseline;
#endif
}

/** So that one processor can try the kernels of others. */
Instructions widestAllowed() {
  const char* wanted = std::getenv("LIBBERT_INSTRUCTIONS");
  if (wanted == nullptr) return Instructions::avx512Bf16;
  const auto* name = std::find(std::begin(names), std::end(names), std::string_view(wanted));
  TORCH_CHECK(name != std::end(names),
              "Expected baseline, avx2, avx512 or avx512_bf16 for the variable LIBBERT_INSTRUCTIONS but received '",
              wanted, "'");
  return static_cast<Instructions>(name - std::begin(names));
}

}  // namespace

bool has(Instructions instructions) {
  static const Instructions widest = std::min(ofProcessor(), widestAllowed());
  return instructions <= widest;
}

}  // namespace libbert
