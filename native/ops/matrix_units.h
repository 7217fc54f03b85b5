// Products of bfloat16 in the matrix units that some processors have (AMX), through LibTorch's oneDNN.

#pragma once

#include <cstdint>

namespace libbert {

/** Two bfloat16 that lie next to each other along the depth of a product, the first in the low half. */
using BFloat16Pair = uint32_t;

/** Whether such products go to oneDNN, whatever units it then finds. */
bool hasMatrixUnits();

/**
 * C[M, N] = A[M, K] B[K, N], or += where accumulate, where K counts pairs and a row of A lies in one piece. oneDNN
 * compiles a kernel for each shape.
 */
void multiplyInMatrixUnits(const BFloat16Pair* a, int64_t aStride, const BFloat16Pair* b, int64_t bStride, float* c,
                           int64_t cStride, int64_t m, int64_t n, int64_t k, bool accumulate);

/** Belongs around a thread's products: what it set the units to is given up with it. */
struct MatrixUnitsInUse {
  MatrixUnitsInUse() = default;
  ~MatrixUnitsInUse();
  MatrixUnitsInUse(const MatrixUnitsInUse&) = delete;
  MatrixUnitsInUse& operator=(const MatrixUnitsInUse&) = delete;
};

}  // namespace libbert
