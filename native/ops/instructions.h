// Which instruction sets kernels may use: those of this processor, up to the one that the environment names.

#pragma once

namespace libbert {

/** Each includes those before it. */
enum class Instructions { baseline, avx2, avx512, avx512Bf16, amx };

/** @throws c10::Error where LIBBERT_INSTRUCTIONS names none of them */
bool has(Instructions instructions);

}  // namespace libbert
