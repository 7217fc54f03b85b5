#include <run_kernel.h>

#include "cross_entropy.h"
#include "instances.h"
#include "sum_to_scalar.h"

namespace libbert {

LIBBERT_LAUNCHES_FLOATING(CrossEntropyForwardKernel);
LIBBERT_LAUNCHES_FLOATING(CrossEntropyBackwardKernel);
LIBBERT_LAUNCHES(SumToScalarKernel<float, float>);
LIBBERT_LAUNCHES(SumToScalarKernel<double, double>);

}  // namespace libbert
