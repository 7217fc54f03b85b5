// Binaries are made on a newer system than they run on.

#pragma once

/** The version of the symbols that glibc has had since it began on this processor. */
#ifdef __aarch64__
#define LIBBERT_FIRST_GLIBC "GLIBC_2.17"
#else
#define LIBBERT_FIRST_GLIBC "GLIBC_2.2.5"  // x86-64
#endif

/**
 * Links to the oldest version of a C function, instead of the newest one that the building machine has. To be written
 * once, at file scope, in the source file that calls the function.
 */
#define LIBBERT_OLDEST_VERSION(function) __asm__(".symver " #function "," #function "@" LIBBERT_FIRST_GLIBC)
