// Embeddings and the gradients of their tables, and dropout: the kernels for GPUs against plain loops, each rounding as
// the CPU's kernels do.

#include "../../../native/cuda/kernels/embeddings_forward.h"

#include "../../../native/cuda/kernels/drop_mask.h"
#include "../../../native/cuda/kernels/dropout.h"
#include "../../../native/cuda/kernels/sum_runs.h"
#include "../../../native/ops/drop_row.h"
#include "../../../native/ops/layer_norm_kernels.h"
#include "checking.h"

namespace libbert::emulator {
namespace {

std::vector<int64_t> randomIds(int64_t size, int count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<int64_t> ids(size);
  for (int64_t& id : ids) id = random() % count;
  return ids;
}

template <typename T>
Table<T> tableOf(const Buffer<T>& values, const std::vector<int64_t>& ids, int count) {
  return {values.data(), ids.data(), count};
}

template <typename T>
void checkEmbeddings(int64_t tokens, int width, double p, bool hasSegments) {
  using A = Accumulate<T>;
  constexpr int counts[] = {31, 17, 2};
  const std::string name = std::string("embeddings ") + nameOf<T> + " [" + std::to_string(tokens) + ", " +
                           std::to_string(width) + "] p " + std::to_string(p);
  const auto words = randomBuffer<T>(counts[0] * width, 1), positions = randomBuffer<T>(counts[1] * width, 2);
  const auto segments = randomBuffer<T>(counts[2] * width, 3);
  const auto weight = randomBuffer<T>(width, 4), bias = randomBuffer<T>(width, 5);
  const auto wordIds = randomIds(tokens, counts[0], 6), positionIds = randomIds(tokens, counts[1], 7);
  const auto segmentIds = randomIds(tokens, counts[2], 8);
  const int64_t key = 9;
  const DropoutMask mask(p, key, nullptr);

  const Buffer<T> sum(tokens * width), output(tokens * width);
  const Buffer<A> mean(tokens), rstd(tokens);
  const NormalisedRows<T> rows{weight.data(), bias.data(), sum.data(), output.data(),
                               mean.data(),   rstd.data(), width,      1e-12};
  for (int64_t token = 0; token < tokens; ++token) {
    for (int i = 0; i < width; ++i) {
      A place = load(positions.data()[positionIds[token] * width + i]);
      if (hasSegments) place += load(segments.data()[segmentIds[token] * width + i]);
      store(sum.data()[token * width + i], load(words.data()[wordIds[token] * width + i]) + place);
    }
    normaliseRow(rows, token);
    if (p > 0) dropRow(output.data() + token * width, output.data() + token * width, token, width, mask);
  }

  using Buffers = std::vector<Buffer<T>>;
  const Buffers actual = inEveryOrder(name, [&] {
    const Buffer<T> ownSum(tokens * width), ownOutput(tokens * width);
    const Buffer<A> ownMean(tokens), ownRstd(tokens);
    launch<EmbeddingsForwardKernel<T>>(
        blocksOfRows(tokens),
        {tableOf(words, wordIds, counts[0]),
         tableOf(positions, positionIds, counts[1]),
         hasSegments ? tableOf(segments, segmentIds, counts[2]) : Table<T>(),
         ownSum.data(),
         {weight.data(), bias.data(), ownOutput.data(), ownMean.data(), ownRstd.data(), width, 1e-12},
         tokens,
         {p, &key, nullptr}});
    return Buffers{ownSum, ownOutput};
  });
  expectSame(name + " sum", actual[0], sum);
  expectClose(name + " output", actual[1], output, rounding<T>);
}

/** Ids that come sorted; one of them fills several chunks, and one of them is left out. */
template <typename T>
void checkSumRuns(int64_t count, int width, int tableRows) {
  using A = Accumulate<T>;
  const std::string name =
      std::string("sums by id ") + nameOf<T> + " [" + std::to_string(count) + ", " + std::to_string(width) + "]";
  const auto rows = randomBuffer<T>(count * width, 1);
  std::vector<int64_t> ids = randomIds(count, tableRows, 2), places(count);
  for (int64_t i = 0; i < count; ++i) {
    if (i % 3 == 0) ids[i] = tableRows - 1;
    places[i] = i;
  }
  std::stable_sort(places.begin(), places.end(), [&](int64_t a, int64_t b) { return ids[a] < ids[b]; });
  const int64_t skippedId = tableRows > 4 ? 4 : -1;
  std::vector<double> wide(tableRows * width);
  std::vector<int64_t> sortedIds(count);
  for (int64_t i = 0; i < count; ++i) {
    sortedIds[i] = ids[places[i]];
    if (ids[i] == skippedId) continue;
    for (int k = 0; k < width; ++k) wide[ids[i] * width + k] += load(rows.data()[i * width + k]);
  }
  const Buffer<T> expected(tableRows * width);
  for (size_t i = 0; i < wide.size(); ++i) store(expected.data()[i], static_cast<A>(wide[i]));

  const auto actual = inEveryOrder(name, [&] {
    const Buffer<T> sums(tableRows * width);
    std::memset(static_cast<void*>(sums.data()), 0, sums.size() * sizeof(T));
    const Buffer<A> partials(Runs<T>::chunksOf(count) * 2 * width);
    const Runs<T> runs{rows.data(), sortedIds.data(),   places.data(), sums.data(), partials.data(),
                       count,       int64_t{tableRows}, skippedId,     width};
    launch<SumRunsKernel<T>>(Runs<T>::blocksFor(count, width), runs);
    launch<AddRunsKernel<T>>(Runs<T>::blocksFor(count, width), runs);
    return std::vector<Buffer<T>>{sums};
  });
  expectClose(name, actual[0], expected, rounding<T>);
}

template <typename T>
void checkDropout(int64_t rows, int width) {
  const std::string name =
      std::string("dropout ") + nameOf<T> + " [" + std::to_string(rows) + ", " + std::to_string(width) + "]";
  const auto input = randomBuffer<T>(rows * width, 1);
  const int64_t key = -4;
  const DropoutMask mask(0.3, key, nullptr);
  const Buffer<T> expected(rows * width);
  for (int64_t row = 0; row < rows; ++row) {
    dropRow(expected.data() + row * width, input.data() + row * width, row, width, mask);
  }
  const auto actual = inEveryOrder(name, [&] {
    const Buffer<T> output(rows * width);
    using Kernel = DropoutKernel<T>;
    launch<Kernel>(Kernel::blocksFor(rows, width), {input.data(), output.data(), rows, width, {0.3, &key, nullptr}});
    return std::vector<Buffer<T>>{output};
  });
  expectSame(name, actual[0], expected);
}

void checkDropMask() {
  constexpr int64_t rows = 9, planes = 5, blocks = 17;
  std::vector<int64_t> ids(rows);
  for (int64_t i = 0; i < rows; ++i) ids[i] = (rows - i) * 1'000'003 + (i % 3 << 33);
  const int64_t key = -77;
  const DropoutMask mask(0.3, key, ids.data());
  const Buffer<uint8_t> expected(rows * planes * 4 * blocks);
  for (int64_t i = 0; i < rows * planes * blocks; ++i) {
    const uint64_t id = ids[i / (planes * blocks)];
    uint32_t words[4];
    mask.drawBlock(words, id, id >> 32, i % blocks, i / blocks % planes);
    for (int k = 0; k < 4; ++k) expected.data()[4 * i + k] = words[k] < mask.threshold;
  }
  const auto actual = inEveryOrder("drop mask", [&] {
    using Kernel = DropMaskKernel;
    const Buffer<uint8_t> dropped(rows * planes * 4 * blocks);
    launch<Kernel>(
        Kernel::blocksFor(rows * planes * blocks),
        {reinterpret_cast<Kernel::Decisions*>(dropped.data()), rows, planes, blocks, {0.3, &key, ids.data()}});
    return std::vector<Buffer<uint8_t>>{dropped};
  });
  expectSame("drop mask", actual[0], expected);
}

template <typename T>
void checkType() {
  for (const double p : {0.0, 0.3}) checkEmbeddings<T>(13, 312, p, p == 0);
  checkEmbeddings<T>(6, widestRow<T>, 0.1, true);
  checkSumRuns<T>(1, 8, 3);
  checkSumRuns<T>(64, 8, 2);
  checkSumRuns<T>(65, 8, 1);
  checkSumRuns<T>(1000, 312, 200);
  checkDropout<T>(1, 8);
  checkDropout<T>(37, 72);
}

}  // namespace

void checkEmbeddings() {
  checkDropMask();
  checkType<float>();
  checkType<double>();
  checkType<c10::BFloat16>();
}

}  // namespace libbert::emulator
