#include <run_kernel.h>

#include "drop_mask.h"
#include "dropout.h"
#include "instances.h"

namespace libbert {

LIBBERT_LAUNCHES_FLOATING(DropoutKernel);
LIBBERT_LAUNCHES(DropMaskKernel);

}  // namespace libbert
