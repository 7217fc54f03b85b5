#include <run_kernel.h>

#include "embeddings_forward.h"
#include "instances.h"
#include "sum_runs.h"

namespace libbert {

LIBBERT_LAUNCHES_FLOATING(EmbeddingsForwardKernel);
LIBBERT_LAUNCHES_FLOATING(SumRunsKernel);
LIBBERT_LAUNCHES_FLOATING(AddRunsKernel);

}  // namespace libbert
