#include <run_kernel.h>

#include "adamw.h"
#include "instances.h"
#include "sum_of_squares.h"

namespace libbert {

LIBBERT_LAUNCHES(AdamWKernel<float, float>);
LIBBERT_LAUNCHES(AdamWKernel<float, c10::BFloat16>);
LIBBERT_LAUNCHES(AdamWKernel<c10::BFloat16, float>);
LIBBERT_LAUNCHES(AdamWKernel<c10::BFloat16, c10::BFloat16>);
LIBBERT_LAUNCHES_FLOATING(SumOfSquaresKernel);

}  // namespace libbert
