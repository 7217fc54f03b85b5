// The gradient of a table from those of the rows that were looked up in it, on whichever device they are.

#pragma once

#include <ATen/core/Tensor.h>

#include "find_operator.h"

namespace libbert {

/** rows [N, H], ids [N] -> [count, H]: what stands at `skippedId` is left out. */
inline at::Tensor sumById(const at::Tensor& rows, const at::Tensor& ids, int64_t count, int64_t skippedId) {
  static const auto op =
      findOperator<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t, int64_t)>("libbert::sum_by_id");
  return op.call(rows, ids, count, skippedId);
}

}  // namespace libbert
