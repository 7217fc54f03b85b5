#include "instructions.h"

#include <ATen/native/CPUBlas.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>

namespace libbert {
namespace {

constexpr std::string_view names[] = {"baseline", "avx2", "avx512", "avx512_bf16", "amx"};

Instructions ofProcessor() {
#ifdef __x86_64__
  if (!__builtin_cpu_supports("x86-64-v3")) return Instructions::baseline;
  if (!__builtin_cpu_supports("x86-64-v4")) return Instructions::avx2;
  if (!__builtin_cpu_supports("avx512bf16")) return Instructions::avx512;
  const bool oneDnnHasAmx = at::native::cpublas::could_pack(at::kBFloat16);
  return oneDnnHasAmx ? Instructions::amx : Instructions::avx512Bf16;
#else
  return Instructions::baseline;
#endif
}

/** The instructions that LIBBERT_INSTRUCTIONS names, so that one processor can try the kernels of others. */
std::optional<Instructions> wantedInstructions() {
  const char* wanted = std::getenv("LIBBERT_INSTRUCTIONS");
  if (wanted == nullptr) return {};
  const auto* name = std::find(std::begin(names), std::end(names), std::string_view(wanted));
  TORCH_CHECK(name != std::end(names),
              "Expected baseline, avx2, avx512, avx512_bf16 or amx for the variable LIBBERT_INSTRUCTIONS but received '",
              wanted, "'");
  return static_cast<Instructions>(name - std::begin(names));
}

/** What goes to AMX goes through oneDNN, which has it from AVX512-BF16 on: such a processor can try that, too. */
Instructions widest() {
  const Instructions own = ofProcessor();
  const auto wanted = wantedInstructions();
  if (!wanted) return own;
  return wanted == Instructions::amx && own == Instructions::avx512Bf16 ? *wanted : std::min(own, *wanted);
}

}  // namespace

bool has(Instructions instructions) {
  static const Instructions most = widest();
  return instructions <= most;
}

}  // namespace libbert
