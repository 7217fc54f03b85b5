// Checks what linear_gradients_ asks of cuBLASLt, without a GPU: the gradients against float64, and how often an
// algorithm is chosen. cuda-library.test.ts builds it with NVIDIA's header, and runs it.

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "../../../native/cuda/kernel_operators.h"
#include "../../../native/ops/find_operator.h"
#include "fake.h"

namespace libbert::cublas {
namespace {

using at::Tensor;

bool hasFailed = false;

void check(const std::string& name, bool isRight) {
  std::printf("%s %s\n", isRight ? "ok  " : "FAIL", name.c_str());
  hasFailed |= !isRight;
}

void takeKernels(const std::vector<std::string>& names) {
  findOperator<void(const std::vector<std::string>&)>("libbert::use_own_kernels").call(names);
}

/** The gradient of a weight in a flat buffer, between others. `offset` is in elements: 32 is a multiple of 64 bytes at
 * least. */
struct Slice {
  Slice(int64_t outputs, int64_t inputs, at::ScalarType type, int64_t offset = 32)
      : begin(offset),
        length(outputs * inputs),
        buffer(at::randn({begin + length + 8}, type)),
        values(buffer.narrow(0, begin, length).view({outputs, inputs})) {}

  int64_t begin, length;
  Tensor buffer, values;
};

/** What rounding may leave: of the result alone, and in float32 of its sums. */
double roundingOf(at::ScalarType type) {
  return type == at::kDouble ? 1e-12 : type == at::kFloat ? 3e-6 : 4e-3;
}

bool isClose(const Tensor& actual, const Tensor& expected) {
  if (expected.numel() == 0) return true;
  const double largest = std::max(1.0, expected.abs().max().item<double>());
  const Tensor difference = actual.to(at::kDouble).sub(expected).abs().max();
  return difference.item<double>() <= largest * roundingOf(actual.scalar_type());
}

/** Runs the operator, and says whether it is right: the gradients, and what lies beside the weight's. */
bool addsGradients(const Slice& slice, const Tensor& grad, const Tensor& input) {
  const Tensor before = slice.buffer.clone();
  const auto wide = [](const Tensor& tensor) { return tensor.to(at::kDouble); };
  const Tensor expected = wide(slice.values).add(wide(grad).t().mm(wide(input)));
  const Tensor biasGradient = linearGradients(slice.values, grad, input);
  const int64_t end = slice.begin + slice.length;
  const auto isSame = [&](int64_t from, int64_t to) {
    return slice.buffer.slice(0, from, to).equal(before.slice(0, from, to));
  };
  return isClose(slice.values, expected) && biasGradient.scalar_type() == grad.scalar_type() &&
         isClose(biasGradient, wide(grad).sum(0)) && isSame(0, slice.begin) && isSame(end, before.numel());
}

std::string nameOf(int64_t tokens, int64_t outputs, int64_t inputs, at::ScalarType type) {
  return c10::str("[", tokens, ", ", inputs, "] -> ", outputs, " ", type);
}

/** Numbers of tokens that are no multiples of 8, some with a workspace. */
const std::vector<std::tuple<int64_t, int64_t, int64_t>> shapes = {{1, 8, 16},     {37, 48, 64},   {128, 64, 64},
                                                                   {301, 768, 64}, {301, 64, 768}, {2051, 16, 24}};

void checkProducts(at::ScalarType type) {
  for (const auto& [tokens, outputs, inputs] : shapes) {
    const std::string name = nameOf(tokens, outputs, inputs, type);
    const Tensor grad = at::randn({tokens, outputs}, type), input = at::randn({tokens, inputs}, type);
    const Slice slice(outputs, inputs, type);
    fake = {};
    check(name + " gives both gradients", addsGradients(slice, grad, input));
    check(name + " gives them again", addsGradients(slice, grad, input));
    check(name + " is one product each", fake.products == 2);
    check(name + " chooses an algorithm once", fake.choices == 1);
    check(name + " computes in float32", fake.lastCompute == CUBLAS_COMPUTE_32F);
  }
}

/** Rows of another number, or a slice that begins elsewhere, are another shape. */
void checkChoices() {
  const Tensor input = at::randn({40, 32}), grad = at::randn({40, 16});
  const Slice slice(16, 32, at::kFloat), atPack(16, 32, at::kFloat, 4);
  const auto choicesFor = [&](const Slice& sum, int64_t tokens) {
    fake = {};
    check(c10::str("gradients of ", tokens, " tokens, from element ", sum.begin, " on"),
          addsGradients(sum, grad.narrow(0, 0, tokens), input.narrow(0, 0, tokens)));
    return fake.choices;
  };
  check("the first of its shape", choicesFor(slice, 39) == 1 && choicesFor(slice, 39) == 0);
  check("another number of tokens", choicesFor(slice, 40) == 1 && choicesFor(slice, 40) == 0);
  check("a slice at 16 bytes", choicesFor(atPack, 40) == 1 && choicesFor(atPack, 40) == 0);
  check("the first of them still", choicesFor(slice, 39) == 0);
}

void checkTf32() {
  auto& context = at::globalContext();
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const Slice slice(16, 32, type);
    const Tensor input = at::randn({50, 32}, type), grad = at::randn({50, 16}, type);
    const auto run = [&] {
      fake = {};
      return addsGradients(slice, grad, input);
    };
    const bool isRight = run();
    context.setFloat32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL, at::Float32Precision::TF32);
    const bool isRightAgain = run();
    const bool isTf32 = fake.lastCompute == CUBLAS_COMPUTE_32F_FAST_TF32;
    context.setFloat32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL, at::Float32Precision::IEEE);
    check(c10::str("TF32 where LibTorch's products have it, ", type),
          isRight && isRightAgain && isTf32 == (type == at::kFloat) && fake.choices == (isTf32 ? 1 : 0));
    check("not any more", run() && fake.lastCompute == CUBLAS_COMPUTE_32F && fake.choices == 0);
  }
}

/** LibTorch's operators serve. */
void checkOthers() {
  const auto expectNoProduct = [](const std::string& name, const Slice& slice, const Tensor& grad,
                                  const Tensor& input) {
    fake = {};
    const bool isRight = addsGradients(slice, grad, input);
    check(name + " is left to LibTorch", isRight && fake.products == 0 && fake.choices == 0);
  };
  const Tensor grad = at::randn({40, 16}), input = at::randn({40, 32});
  const Slice slice(16, 32, at::kFloat);
  expectNoProduct("float64", {16, 32, at::kDouble}, grad.to(at::kDouble), input.to(at::kDouble));
  expectNoProduct("no token", slice, grad.narrow(0, 0, 0), input.narrow(0, 0, 0));
  expectNoProduct("a width of no whole packs", {16, 30, at::kFloat}, grad, at::randn({40, 30}));
  expectNoProduct("one output", {1, 32, at::kFloat}, at::randn({40, 1}), input);
  expectNoProduct("12 outputs in bfloat16", {12, 32, at::kBFloat16}, at::randn({40, 12}, at::kBFloat16),
                  input.to(at::kBFloat16));
  expectNoProduct("a slice that begins within a pack", {16, 32, at::kFloat, 33}, grad, input);
  expectNoProduct("a transposed gradient", slice, at::randn({16, 40}).t(), input);
  expectNoProduct("an input with gaps", slice, grad, at::randn({40, 64}).narrow(1, 0, 32));
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
  expectNoProduct("a deterministic run", slice, grad, input);
  at::globalContext().setDeterministicAlgorithms(false, /*warn_only=*/false);
  takeKernels({});
  expectNoProduct("a process that does not take the kernels", slice, grad, input);
  takeKernels({"linear_gradients"});
}

void checkWithoutAlgorithm() {
  const Tensor grad = at::randn({41, 16}), input = at::randn({41, 32});
  const Slice slice(16, 32, at::kFloat);
  fake = {};
  fake.hasAlgorithms = false;
  const bool isRight = addsGradients(slice, grad, input) && addsGradients(slice, grad, input);
  check("a shape that cuBLASLt has no algorithm for is left to LibTorch", isRight && fake.products == 0);
  check("it is asked for once", fake.choices == 1);
}

}  // namespace
}  // namespace libbert::cublas

int main() {
  using namespace libbert::cublas;
  at::manual_seed(0);
  takeKernels({"linear_gradients"});
  for (const auto type : {at::kFloat, at::kBFloat16}) checkProducts(type);
  checkChoices();
  checkTf32();
  checkOthers();
  checkWithoutAlgorithm();
  return hasFailed ? 1 : 0;
}
