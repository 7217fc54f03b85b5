#include <run_kernel.h>

#include "instances.h"
#include "layer_norm_backward.h"
#include "layer_norm_forward.h"
#include "sum_partials.h"

namespace libbert {

LIBBERT_LAUNCHES_FLOATING(LayerNormForwardKernel);
LIBBERT_LAUNCHES_FLOATING(LayerNormBackwardKernel);
LIBBERT_LAUNCHES_FLOATING(SumPartialsKernel);

}  // namespace libbert
