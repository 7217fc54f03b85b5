// Every operator of libbert, declared once. Kernels are registered next to their code: the CPU ones in this folder,
// the CUDA ones in native/cuda.

#include <torch/library.h>

TORCH_LIBRARY(libbert, m) {
  m.def("linear(Tensor input, Tensor weight, Tensor? bias) -> Tensor");
}
