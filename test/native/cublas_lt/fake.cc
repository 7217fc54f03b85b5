#include "fake.h"

#include <c10/util/BFloat16.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../../../native/cuda/gpu/stream.h"

namespace libbert {
namespace {

/** What a handle, and a stream, point at. */
char context, stream;

}  // namespace

CUstream_st* currentStream() {
  return reinterpret_cast<CUstream_st*>(&stream);
}

namespace cublas {
namespace {

void require(bool condition, const char* what) {
  if (condition) return;
  std::printf("FAIL cuBLASLt: %s\n", what);
  std::exit(1);
}

template <typename T, typename Object, typename Attribute>
T read(cublasStatus_t (*get)(Object, Attribute, void*, size_t, size_t*), Object object, Attribute attribute) {
  T value = {};
  size_t size = 0;
  const auto status = get(object, attribute, &value, sizeof(value), &size);
  require(status == CUBLAS_STATUS_SUCCESS && size == sizeof(value), "an attribute is not readable");
  return value;
}

template <typename T>
T attributeOf(cublasLtMatmulDesc_t description, cublasLtMatmulDescAttributes_t attribute) {
  return read<T>(cublasLtMatmulDescGetAttribute, description, attribute);
}

template <typename T>
T attributeOf(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t attribute) {
  return read<T>(cublasLtMatrixLayoutGetAttribute, layout, attribute);
}

template <typename T>
T attributeOf(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute) {
  return read<T>(cublasLtMatmulPreferenceGetAttribute, preference, attribute);
}

/** Column by column: element (row, column) is the one at row + column * ld. */
struct Matrix {
  explicit Matrix(cublasLtMatrixLayout_t layout)
      : type(static_cast<cudaDataType_t>(attributeOf<uint32_t>(layout, CUBLASLT_MATRIX_LAYOUT_TYPE))),
        order(attributeOf<int32_t>(layout, CUBLASLT_MATRIX_LAYOUT_ORDER)),
        batch(attributeOf<int32_t>(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT)),
        rows(attributeOf<uint64_t>(layout, CUBLASLT_MATRIX_LAYOUT_ROWS)),
        columns(attributeOf<uint64_t>(layout, CUBLASLT_MATRIX_LAYOUT_COLS)),
        ld(attributeOf<int64_t>(layout, CUBLASLT_MATRIX_LAYOUT_LD)) {}

  bool isPossible() const {
    return order == CUBLASLT_ORDER_COL && batch == 1 && rows > 0 && columns > 0 && ld >= rows;
  }
  bool operator==(const Matrix&) const = default;

  cudaDataType_t type;
  int32_t order, batch;
  int64_t rows, columns, ld;
};

/** op(A) [m, k] and op(B) [k, n] give D [m, n]. */
struct Problem {
  Problem(cublasLtMatmulDesc_t description, cublasLtMatrixLayout_t layoutA, cublasLtMatrixLayout_t layoutB,
          cublasLtMatrixLayout_t layoutC, cublasLtMatrixLayout_t layoutD)
      : a(layoutA),
        b(layoutB),
        c(layoutC),
        d(layoutD),
        transposesA(attributeOf<int32_t>(description, CUBLASLT_MATMUL_DESC_TRANSA) == CUBLAS_OP_T),
        transposesB(attributeOf<int32_t>(description, CUBLASLT_MATMUL_DESC_TRANSB) == CUBLAS_OP_T),
        compute(static_cast<cublasComputeType_t>(attributeOf<int32_t>(description, CUBLASLT_MATMUL_DESC_COMPUTE_TYPE))),
        scale(attributeOf<int32_t>(description, CUBLASLT_MATMUL_DESC_SCALE_TYPE)),
        pointerMode(attributeOf<int32_t>(description, CUBLASLT_MATMUL_DESC_POINTER_MODE)),
        epilogue(attributeOf<uint32_t>(description, CUBLASLT_MATMUL_DESC_EPILOGUE)),
        biasType(attributeOf<int32_t>(description, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE)),
        bias(attributeOf<void*>(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER)),
        m(transposesA ? a.columns : a.rows),
        n(transposesB ? b.rows : b.columns),
        k(transposesA ? a.rows : a.columns) {}

  cublasStatus_t status() const {
    const int64_t rowsOfB = transposesB ? b.columns : b.rows;
    const bool fits = rowsOfB == k && d.rows == m && d.columns == n && c == d;
    if (!a.isPossible() || !b.isPossible() || !d.isPossible() || !fits) return CUBLAS_STATUS_INVALID_VALUE;
    const bool ofFloat =
        a.type == CUDA_R_32F && (compute == CUBLAS_COMPUTE_32F || compute == CUBLAS_COMPUTE_32F_FAST_TF32);
    const bool ofBFloat16 = a.type == CUDA_R_16BF && compute == CUBLAS_COMPUTE_32F;
    const bool isOneType = b.type == a.type && d.type == a.type && scale == CUDA_R_32F;
    if ((!ofFloat && !ofBFloat16) || !isOneType) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (pointerMode != CUBLASLT_POINTER_MODE_HOST) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (epilogue == CUBLASLT_EPILOGUE_DEFAULT) return CUBLAS_STATUS_SUCCESS;
    // NVIDIA's own programs sum a B that is taken transposed, and no other.
    if (epilogue != CUBLASLT_EPILOGUE_BGRADB || !transposesB) return CUBLAS_STATUS_NOT_SUPPORTED;
    const bool isBias = bias != nullptr && reinterpret_cast<uintptr_t>(bias) % 16 == 0;
    return isBias && (biasType == -1 || biasType == d.type) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
  }

  Matrix a, b, c, d;
  bool transposesA, transposesB;
  cublasComputeType_t compute;
  int32_t scale, pointerMode;
  uint32_t epilogue;
  int32_t biasType;
  void* bias;
  int64_t m, n, k;
};

/** What an algorithm was chosen for, in the 64 bytes of cublasLtMatmulAlgo_t. */
struct Choice {
  int32_t m, n, k, type, compute;
  uint32_t alignmentA, alignmentB, alignmentC, alignmentD;
  uint32_t mark;
  uint64_t workspace;
};

static_assert(sizeof(Choice) <= sizeof(cublasLtMatmulAlgo_t));
constexpr uint32_t chosenHere = 0x1eaf;

bool isAligned(const void* pointer, uint32_t bytes) {
  return pointer != nullptr && reinterpret_cast<uintptr_t>(pointer) % bytes == 0;
}

template <typename T>
float elementOf(const void* data, const Matrix& matrix, bool transposes, int64_t row, int64_t column) {
  if (transposes) std::swap(row, column);
  return static_cast<float>(static_cast<const T*>(data)[row + column * matrix.ld]);
}

template <typename T>
void compute(const Problem& problem, float alpha, const void* a, const void* b, float beta, const void* c, void* d) {
  const auto& [m, n, k] = std::tie(problem.m, problem.n, problem.k);
  T* bias = static_cast<T*>(problem.bias);
  for (int64_t column = 0; column < n; ++column) {
    std::vector<double> sums(m, 0.0);
    double sumOfB = 0;
    for (int64_t i = 0; i < k; ++i) {
      const double factor = elementOf<T>(b, problem.b, problem.transposesB, i, column);
      sumOfB += factor;
      for (int64_t row = 0; row < m; ++row)
        sums[row] += factor * elementOf<T>(a, problem.a, problem.transposesA, row, i);
    }
    for (int64_t row = 0; row < m; ++row) {
      const double before = beta == 0 ? 0 : beta * elementOf<T>(c, problem.c, false, row, column);
      static_cast<T*>(d)[row + column * problem.d.ld] = static_cast<T>(static_cast<float>(alpha * sums[row] + before));
    }
    if (problem.epilogue == CUBLASLT_EPILOGUE_BGRADB) bias[column] = static_cast<T>(static_cast<float>(sumOfB));
  }
}

}  // namespace
}  // namespace cublas
}  // namespace libbert

using namespace libbert;
using namespace libbert::cublas;

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(&context);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t description,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t results[], int* count) {
  ++fake.choices;
  *count = 0;
  if (static_cast<void*>(handle) != &context) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (requested <= 0) return CUBLAS_STATUS_INVALID_VALUE;
  const Problem problem(description, a, b, c, d);
  if (const auto status = problem.status(); status != CUBLAS_STATUS_SUCCESS) return status;
  if (!fake.hasAlgorithms) return CUBLAS_STATUS_NOT_SUPPORTED;
  const auto alignment = [&](cublasLtMatmulPreferenceAttributes_t attribute) {
    return attributeOf<uint32_t>(preference, attribute);
  };
  Choice choice = {static_cast<int32_t>(problem.m),
                   static_cast<int32_t>(problem.n),
                   static_cast<int32_t>(problem.k),
                   problem.d.type,
                   problem.compute,
                   alignment(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES),
                   alignment(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES),
                   alignment(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES),
                   alignment(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES),
                   chosenHere,
                   0};
  // A sum over many is divided, where there is memory for the parts and rounding them is not allowed.
  const auto most = attributeOf<uint64_t>(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
  const auto reductions = attributeOf<uint32_t>(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK);
  require(reductions == CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE, "sums of parts may be rounded");
  const uint64_t parts = 2 * sizeof(float) * problem.m * problem.n;
  if (problem.k >= 256 && parts <= most) choice.workspace = parts;
  *count = 1;
  results[0] = {};
  std::memcpy(&results[0].algo, &choice, sizeof(choice));
  results[0].workspaceSize = choice.workspace;
  results[0].state = CUBLAS_STATUS_SUCCESS;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t description, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t layoutA, const void* b,
                              cublasLtMatrixLayout_t layoutB, const void* beta, const void* c,
                              cublasLtMatrixLayout_t layoutC, void* d, cublasLtMatrixLayout_t layoutD,
                              const cublasLtMatmulAlgo_t* chosen, void* workspace, size_t workspaceBytes,
                              cudaStream_t onStream) {
  if (static_cast<void*>(handle) != &context) return CUBLAS_STATUS_NOT_INITIALIZED;
  require(onStream == currentStream(), "a product is not on the current stream");
  const Problem problem(description, layoutA, layoutB, layoutC, layoutD);
  if (const auto status = problem.status(); status != CUBLAS_STATUS_SUCCESS) return status;
  Choice choice;
  std::memcpy(&choice, chosen, sizeof(choice));
  const bool isOfThis = choice.mark == chosenHere && choice.m == problem.m && choice.n == problem.n &&
                        choice.k == problem.k && choice.type == problem.d.type && choice.compute == problem.compute;
  const bool arePointers = alpha != nullptr && beta != nullptr && isAligned(a, choice.alignmentA) &&
                           isAligned(b, choice.alignmentB) && isAligned(c, choice.alignmentC) &&
                           isAligned(d, choice.alignmentD);
  const bool hasRoom = workspaceBytes >= choice.workspace && (choice.workspace == 0 || isAligned(workspace, 16));
  if (!isOfThis || !arePointers || !hasRoom) return CUBLAS_STATUS_INVALID_VALUE;
  std::memset(workspace, 0xff, choice.workspace);  // as far as it may be written to
  const float alphaValue = *static_cast<const float*>(alpha), betaValue = *static_cast<const float*>(beta);
  if (problem.d.type == CUDA_R_32F) {
    compute<float>(problem, alphaValue, a, b, betaValue, c, d);
  } else {
    compute<c10::BFloat16>(problem, alphaValue, a, b, betaValue, c, d);
  }
  ++fake.products;
  fake.lastCompute = problem.compute;
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
