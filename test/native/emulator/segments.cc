// The segments of a flat buffer: the kernels for GPUs against plain loops.

#include "../../../native/cuda/kernels/add_scaled_segments.h"
#include "../../../native/cuda/kernels/segment_sums.h"
#include "checking.h"

namespace libbert::emulator {
namespace {

Buffer<int64_t> offsetsOf(const std::vector<int64_t>& lengths) {
  const Buffer<int64_t> offsets(lengths.size() + 1);
  offsets.data()[0] = 0;
  for (size_t i = 0; i < lengths.size(); ++i) offsets.data()[i + 1] = offsets.data()[i] + lengths[i];
  return offsets;
}

std::string nameOfLengths(const char* what, const std::vector<int64_t>& lengths) {
  std::string name = std::string(what) + " [";
  for (const int64_t length : lengths) name += " " + std::to_string(length);
  return name + " ]";
}

void checkSums(const std::vector<int64_t>& lengths) {
  const std::string name = nameOfLengths("sums of squares of segments", lengths);
  const auto offsets = offsetsOf(lengths);
  const auto count = static_cast<int64_t>(lengths.size());
  const int64_t elements = offsets.data()[count];
  const auto flat = randomBuffer<float>(elements, 1);
  const Buffer<double> expected(count);
  for (int64_t segment = 0; segment < count; ++segment) {
    double total = 0;
    for (int64_t i = offsets.data()[segment]; i < offsets.data()[segment + 1]; ++i) {
      const double value = flat.data()[i];
      total += value * value;
    }
    expected.data()[segment] = total;
  }
  const auto actual = inEveryOrder(name, [&] {
    const Segments segments{offsets.data(), count};
    const int64_t blocks = Segments::blocksFor(elements, count);
    const Buffer<double> pieceSums(blocks), sums(count);
    launch<PieceSumsKernel>(blocks, {flat.data(), segments, pieceSums.data(), elements});
    launch<SegmentSumsKernel>(count, {pieceSums.data(), segments, sums.data()});
    return std::vector<Buffer<double>>{sums};
  });
  expectClose(name, actual[0], expected, 1e-12);
}

void checkAddition(const std::vector<int64_t>& lengths) {
  const std::string name = nameOfLengths("scaled segments added", lengths);
  const auto offsets = offsetsOf(lengths);
  const auto count = static_cast<int64_t>(lengths.size());
  const int64_t elements = offsets.data()[count];
  const auto y = randomBuffer<float>(elements, 2);
  const auto factors = randomBuffer<double>(count, 3);
  const auto expected = randomBuffer<float>(elements, 1);
  for (int64_t segment = 0; segment < count; ++segment) {
    for (int64_t i = offsets.data()[segment]; i < offsets.data()[segment + 1]; ++i)
      expected.data()[i] += static_cast<float>(factors.data()[segment]) * y.data()[i];
  }
  const auto actual = inEveryOrder(name, [&] {
    const auto x = randomBuffer<float>(elements, 1);
    launch<AddScaledSegmentsKernel>(Segments::blocksFor(elements, count),
                                    {x.data(), y.data(), {offsets.data(), count}, factors.data(), elements});
    return std::vector<Buffer<float>>{x};
  });
  expectSame(name, actual[0], expected);
}

}  // namespace

void checkSegments() {
  constexpr int64_t piece = Segments::pieceSize;
  for (const std::vector<int64_t>& lengths : std::vector<std::vector<int64_t>>{
           {0},
           {1},
           {piece},
           {piece - 1, 1, piece + 1, 0, 0, 2 * piece + 3},
           {5, 64, 7, piece - 76, 3},
       }) {
    checkSums(lengths);
    checkAddition(lengths);
  }
}

}  // namespace libbert::emulator
