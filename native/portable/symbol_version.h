// Binaries are made on a newer system than they run on.

#pragma once

/**
 * Links to the version of a C function that glibc has had since x86-64 began, instead of the newest one that the
 * building machine has. To be written once, at file scope, in the source file that calls the function.
 */
#define LIBBERT_OLDEST_VERSION(function) __asm__(".symver " #function "," #function "@GLIBC_2.2.5")
