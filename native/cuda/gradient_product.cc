// Both gradients of a linear layer by cuBLASLt, whose epilogue BGRADB adds up a matrix that the product reads anyway.
//
// cuBLASLt's matrices lie column by column: to it a matrix [T, I] of LibTorch's is one of I rows and T columns. So it
// computes input^T grad, [I, O], which is the weight's gradient: A is the input, and B, the gradient, is taken
// transposed. BGRADB sums op(B) [T, O] over T.
//
// Nothing here waits for the GPU. After its first product on a GPU, one can be captured in a CUDA graph: an algorithm is
// chosen on the CPU, and memory is LibTorch's.

#include "gradient_product.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <cublasLt.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>

#include "gpu/stream.h"

namespace libbert {
namespace {

using at::Tensor;

/** NVIDIA recommends as much for Hopper. An algorithm takes what it needs of it. */
constexpr uint64_t mostWorkspace = 32 << 20;

/** Sums over parts of T are kept in float32: otherwise those of bfloat16 may be rounded part by part. */
constexpr uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;

void check(cublasStatus_t status, const char* call) {
  TORCH_CHECK(status == CUBLAS_STATUS_SUCCESS, "Expected success of ", call, " but received ",
              cublasLtGetStatusName(status));
}

template <auto destroy>
struct Destroy {
  template <typename T>
  void operator()(T* object) const {
    destroy(object);
  }
};

using Description = std::unique_ptr<cublasLtMatmulDescOpaque_t, Destroy<cublasLtMatmulDescDestroy>>;
using Layout = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, Destroy<cublasLtMatrixLayoutDestroy>>;
using Preference = std::unique_ptr<cublasLtMatmulPreferenceOpaque_t, Destroy<cublasLtMatmulPreferenceDestroy>>;

cudaDataType_t typeOf(const Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat ? CUDA_R_32F : CUDA_R_16BF;
}

/** As for LibTorch's own products of float32. */
bool mayBeTf32(const Tensor& tensor) {
  return tensor.scalar_type() == at::kFloat &&
         at::globalContext().float32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL) ==
             at::Float32Precision::TF32;
}

Description describe(const GradientProduct& product) {
  cublasLtMatmulDesc_t created = nullptr;
  const auto compute = mayBeTf32(product.input) ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  check(cublasLtMatmulDescCreate(&created, compute, CUDA_R_32F), "cublasLtMatmulDescCreate");
  Description description(created);
  const auto set = [&](cublasLtMatmulDescAttributes_t attribute, auto value) {
    check(cublasLtMatmulDescSetAttribute(created, attribute, &value, sizeof(value)), "cublasLtMatmulDescSetAttribute");
  };
  set(CUBLASLT_MATMUL_DESC_TRANSA, int32_t{CUBLAS_OP_N});
  set(CUBLASLT_MATMUL_DESC_TRANSB, int32_t{CUBLAS_OP_T});
  set(CUBLASLT_MATMUL_DESC_EPILOGUE, uint32_t{CUBLASLT_EPILOGUE_BGRADB});
  // Before an algorithm is chosen: how it is aligned may decide.
  set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, product.biasGradient.mutable_data_ptr());
  set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, int32_t{typeOf(product.biasGradient)});
  return description;
}

Layout layoutOf(const Tensor& matrix) {
  cublasLtMatrixLayout_t created = nullptr;
  const int64_t width = matrix.size(1);
  check(cublasLtMatrixLayoutCreate(&created, typeOf(matrix), width, matrix.size(0), width),
        "cublasLtMatrixLayoutCreate");
  return Layout(created);
}

/** Of the first element, in bytes: what more there is than 256 makes no difference to cuBLASLt. */
uint32_t alignmentOf(const Tensor& tensor) {
  const auto address = reinterpret_cast<uintptr_t>(tensor.const_data_ptr());
  return static_cast<uint32_t>(std::min<uintptr_t>(address & -address, 256));
}

Preference preferenceFor(const GradientProduct& product) {
  cublasLtMatmulPreference_t created = nullptr;
  check(cublasLtMatmulPreferenceCreate(&created), "cublasLtMatmulPreferenceCreate");
  Preference preference(created);
  const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, auto value) {
    check(cublasLtMatmulPreferenceSetAttribute(created, attribute, &value, sizeof(value)),
          "cublasLtMatmulPreferenceSetAttribute");
  };
  set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, mostWorkspace);
  set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, reductions);
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignmentOf(product.input));
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignmentOf(product.grad));
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignmentOf(product.weightGradient));
  set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignmentOf(product.weightGradient));
  return preference;
}

/** A product as cuBLASLt sees it. */
struct Call {
  explicit Call(const GradientProduct& product)
      : description(describe(product)),
        input(layoutOf(product.input)),
        grad(layoutOf(product.grad)),
        weightGradient(layoutOf(product.weightGradient)) {}

  Description description;
  Layout input, grad, weightGradient;
};

struct Algorithm {
  cublasLtMatmulAlgo_t algorithm;
  int64_t workspace;  // bytes
};

std::optional<Algorithm> choose(cublasLtHandle_t handle, const Call& call, const GradientProduct& product) {
  cublasLtMatmulHeuristicResult_t best = {};
  int count = 0;
  const auto status = cublasLtMatmulAlgoGetHeuristic(
      handle, call.description.get(), call.input.get(), call.grad.get(), call.weightGradient.get(),
      call.weightGradient.get(), preferenceFor(product).get(), /*requestedAlgoCount=*/1, &best, &count);
  if (status == CUBLAS_STATUS_SUCCESS && count > 0 && best.state == CUBLAS_STATUS_SUCCESS) {
    return Algorithm{best.algo, static_cast<int64_t>(best.workspaceSize)};
  }
  return std::nullopt;
}

/** What the choice of an algorithm depends on. */
using Shape = std::tuple<int64_t, int64_t, int64_t, cudaDataType_t, bool, uint32_t, uint32_t, uint32_t>;

Shape shapeOf(const GradientProduct& product) {
  const Tensor &grad = product.grad, &input = product.input;
  return {input.size(0),    grad.size(1),       input.size(1),     typeOf(input),
          mayBeTf32(input), alignmentOf(input), alignmentOf(grad), alignmentOf(product.weightGradient)};
}

/** cuBLASLt on one GPU, with the algorithm of each shape that came up. */
class Gpu {
 public:
  Gpu() {
    check(cublasLtCreate(&handle_), "cublasLtCreate");
  }

  cublasLtHandle_t handle() const {
    return handle_;
  }

  std::optional<Algorithm> algorithmFor(const Call& call, const GradientProduct& product) {
    const std::lock_guard lock(mutex_);
    const Shape shape = shapeOf(product);
    if (const auto known = algorithms_.find(shape); known != algorithms_.end()) return known->second;
    if (algorithms_.size() == mostShapes) algorithms_.clear();  // where every batch has another number of tokens
    return algorithms_[shape] = choose(handle_, call, product);
  }

 private:
  static constexpr size_t mostShapes = 1 << 14;  // some megabytes

  cublasLtHandle_t handle_ = nullptr;
  std::mutex mutex_;
  std::map<Shape, std::optional<Algorithm>> algorithms_;
};

/** They stay until the process ends: what gives up a handle may wait for its GPU. */
Gpu& gpuOf(const Tensor& tensor) {
  static std::mutex mutex;
  static auto& gpus = *new std::map<c10::DeviceIndex, Gpu>();
  const std::lock_guard lock(mutex);
  return gpus[tensor.device().index()];
}

}  // namespace

bool runGradientProduct(const GradientProduct& product) {
  Gpu& gpu = gpuOf(product.input);
  const Call call(product);
  const auto chosen = gpu.algorithmFor(call, product);
  if (!chosen) return false;
  const Tensor workspace = at::empty({chosen->workspace}, product.input.options().dtype(at::kByte));
  const float one = 1;
  void* const sum = product.weightGradient.mutable_data_ptr();
  check(cublasLtMatmul(gpu.handle(), call.description.get(), &one, product.input.const_data_ptr(), call.input.get(),
                       product.grad.const_data_ptr(), call.grad.get(), &one, sum, call.weightGradient.get(), sum,
                       call.weightGradient.get(), &chosen->algorithm, workspace.mutable_data_ptr(), chosen->workspace,
                       currentStream()),
        "cublasLtMatmul");
  return true;
}

}  // namespace libbert
