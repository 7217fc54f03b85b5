#include "matrix_units.h"

#include <ATen/native/CPUBlas.h>

#include "instructions.h"

namespace libbert {

namespace blas = at::native::cpublas;

bool hasMatrixUnits() {
  return has(Instructions::amx);
}

void multiplyInMatrixUnits(const BFloat16Pair* a, int64_t aStride, const BFloat16Pair* b, int64_t bStride, float* c,
                           int64_t cStride, int64_t m, int64_t n, int64_t k, bool accumulate) {
  // The strides of A and its depth count numbers; those of B, whose pairs are the columns' elements, count columns.
  blas::brgemm(m, n, 2 * k, 2 * aStride, bStride, cStride, accumulate, reinterpret_cast<const at::BFloat16*>(a),
               reinterpret_cast<const at::BFloat16*>(b), c, /*is_vnni=*/true);
}

MatrixUnitsInUse::~MatrixUnitsInUse() {
  if (hasMatrixUnits()) blas::brgemm_release(/*is_vnni=*/true);
}

}  // namespace libbert
