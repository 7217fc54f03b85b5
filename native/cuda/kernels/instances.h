// Which instances of a kernel a .cu file compiles.

#pragma once

#include <c10/util/BFloat16.h>

#include "kernel.h"

#define LIBBERT_LAUNCHES(...) template void launch<__VA_ARGS__>(int64_t, const __VA_ARGS__::Arguments&)

/** A kernel for each type of elements. */
#define LIBBERT_LAUNCHES_FLOATING(Kernel) \
  LIBBERT_LAUNCHES(Kernel<float>);        \
  LIBBERT_LAUNCHES(Kernel<double>);       \
  LIBBERT_LAUNCHES(Kernel<c10::BFloat16>)
