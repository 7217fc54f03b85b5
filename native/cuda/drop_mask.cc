#include "drop_mask.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>

#include <array>

#include "../ops/dropout_mask.h"

namespace libbert {
namespace {

using at::Tensor;

/** A counter of four 32-bit words, each an int64 tensor; they broadcast against one another. */
using Words = std::array<Tensor, 4>;

constexpr int64_t lowBits = 0xffffffff;

Tensor lowWord(const Tensor& product) {
  return product.bitwise_and(lowBits);
}

/** The product of two words may fill the sign bit, which the shift repeats: cut off here. */
Tensor highWord(const Tensor& product) {
  return product.__rshift__(32).bitwise_and(lowBits);
}

/** philox() of ops/philox.h. */
Words composePhilox(Words word, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    const Tensor productA = word[0].mul(int64_t{0xd2511f53}), productC = word[2].mul(int64_t{0xcd9e8d57});
    word = {highWord(productC).bitwise_xor(word[1]).bitwise_xor(int64_t{key.low}), lowWord(productC),
            highWord(productA).bitwise_xor(word[3]).bitwise_xor(int64_t{key.high}), lowWord(productA)};
    key.low += 0x9e3779b9u;
    key.high += 0xbb67ae85u;
  }
  return word;
}

}  // namespace

Tensor composeDropped(const DropRequest& request) {
  const DropoutMask mask(request.p, request.key, nullptr);
  const auto options = at::TensorOptions(request.device).dtype(at::kLong);
  const int64_t blocks = (request.columns + 3) / 4;
  const Tensor rows =
      request.rowIds ? request.rowIds->to(request.device, /*non_blocking=*/true) : at::arange(request.rows, options);
  const Tensor ids = rows.view({-1, 1, 1});
  Words words = composePhilox({lowWord(ids), highWord(ids), at::arange(blocks, options).view({1, 1, -1}),
                               at::arange(request.planes, options).view({1, -1, 1})},
                              mask.key);
  for (Tensor& word : words) word = word.lt(int64_t{mask.threshold});  // [rows, planes, blocks]
  return at::stack(words, -1).view({request.rows, request.planes, 4 * blocks}).narrow(2, 0, request.columns);
}

}  // namespace libbert
