#include <run_kernel.h>

#include "gelu_backward.h"
#include "instances.h"

namespace libbert {

LIBBERT_LAUNCHES_FLOATING(GeluErfBackwardKernel);
LIBBERT_LAUNCHES_FLOATING(GeluTanhBackwardKernel);

}  // namespace libbert
