#include <run_kernel.h>

#include "dropout.h"
#include "instances.h"

namespace libbert {

LIBBERT_LAUNCHES_FLOATING(DropoutKernel);

}  // namespace libbert
