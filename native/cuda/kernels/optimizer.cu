#include <run_kernel.h>

#include "adamw.h"
#include "add_scaled_segments.h"
#include "instances.h"
#include "segment_sums.h"
#include "sum_of_squares.h"

namespace libbert {

LIBBERT_LAUNCHES(AdamWKernel<float, float>);
LIBBERT_LAUNCHES(AdamWKernel<float, c10::BFloat16>);
LIBBERT_LAUNCHES(AdamWKernel<c10::BFloat16, float>);
LIBBERT_LAUNCHES(AdamWKernel<c10::BFloat16, c10::BFloat16>);
LIBBERT_LAUNCHES_FLOATING(SumOfSquaresKernel);
LIBBERT_LAUNCHES(PieceSumsKernel);
LIBBERT_LAUNCHES(SegmentSumsKernel);
LIBBERT_LAUNCHES(AddScaledSegmentsKernel);

}  // namespace libbert
