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

/** As of unsigned numbers: zeros come in from the left. */
Tensor shiftedRight(const Tensor& x, int64_t bits) {
  return x.__rshift__(bits).bitwise_and((int64_t{1} << (64 - bits)) - 1);
}

/** PhiloxKey::mix() of ops/philox.h. */
Tensor composeMix(const Tensor& key) {
  Tensor z = key.add(static_cast<int64_t>(0x9e3779b97f4a7c15u));
  z = z.bitwise_xor(shiftedRight(z, 30)).mul(static_cast<int64_t>(0xbf58476d1ce4e5b9u));
  z = z.bitwise_xor(shiftedRight(z, 27)).mul(static_cast<int64_t>(0x94d049bb133111ebu));
  return z.bitwise_xor(shiftedRight(z, 31));
}

/** philox() of ops/philox.h. */
Words composePhilox(Words word, const Tensor& key) {
  Tensor low = lowWord(key), high = highWord(key);
  for (int round = 0; round < 10; ++round) {
    const Tensor productA = word[0].mul(int64_t{0xd2511f53}), productC = word[2].mul(int64_t{0xcd9e8d57});
    word = {highWord(productC).bitwise_xor(word[1]).bitwise_xor(low), lowWord(productC),
            highWord(productA).bitwise_xor(word[3]).bitwise_xor(high), lowWord(productA)};
    low = lowWord(low.add(int64_t{0x9e3779b9}));
    high = lowWord(high.add(int64_t{0xbb67ae85}));
  }
  return word;
}

}  // namespace

Tensor composeDropped(const DropRequest& request) {
  const DropoutMask mask(request.p, 0, nullptr);
  const auto options = at::TensorOptions(request.device).dtype(at::kLong);
  const int64_t blocks = (request.columns + 3) / 4;
  const Tensor rows =
      request.rowIds ? request.rowIds->to(request.device, /*non_blocking=*/true) : at::arange(request.rows, options);
  const Tensor ids = rows.view({-1, 1, 1});
  Words words = composePhilox({lowWord(ids), highWord(ids), at::arange(blocks, options).view({1, 1, -1}),
                               at::arange(request.planes, options).view({1, -1, 1})},
                              composeMix(request.key->to(request.device, /*non_blocking=*/true)));
  for (Tensor& word : words) word = word.lt(int64_t{mask.threshold});  // [rows, planes, blocks]
  return at::stack(words, -1).view({request.rows, request.planes, 4 * blocks}).narrow(2, 0, request.columns);
}

}  // namespace libbert
