// cuBLASLt without a GPU: what is described to it is NVIDIA's own library's, and its choice of an algorithm and its
// product are replaced by a reading of what its header says of both.

#pragma once

#include <cublasLt.h>

namespace libbert::cublas {

/** What it was asked for, and what it is to answer. */
struct Fake {
  int choices = 0;
  int products = 0;
  cublasComputeType_t lastCompute = {};
  bool hasAlgorithms = true;
};

inline Fake fake;

}  // namespace libbert::cublas
