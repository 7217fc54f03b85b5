// What the checks of kernels share: random inputs, a comparison, and every kernel in several orders.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../../../native/ops/element.h"
#include "block.h"

namespace libbert::emulator {

template <typename T>
constexpr const char* nameOf = sizeof(T) == 2   ? "bfloat16"
                               : sizeof(T) == 4 ? "float32"
                                                : "float64";

/** Elements that begin at a multiple of 16 bytes and end where the next byte is not theirs. */
template <typename T>
class Buffer {
 public:
  explicit Buffer(size_t size)
      : count(size), values(static_cast<T*>(std::aligned_alloc(16, (size * sizeof(T) + 15) / 16 * 16)), std::free) {
    std::memset(static_cast<void*>(values.get()), 0xff, (size * sizeof(T) + 15) / 16 * 16);
  }
  T* data() const {
    return values.get();
  }
  size_t size() const {
    return count;
  }

 private:
  size_t count;
  std::shared_ptr<T> values;
};

template <typename T>
Buffer<T> randomBuffer(size_t size, unsigned seed, double scale = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, scale);
  Buffer<T> buffer(size);
  for (size_t i = 0; i < size; ++i) store(buffer.data()[i], static_cast<Accumulate<T>>(normal(random)));
  return buffer;
}

[[noreturn]] inline void fail(const std::string& what) {
  std::printf("FAIL %s\n", what.c_str());
  std::exit(1);
}

/** Two buffers, element by element: no further apart than `tolerance`, relative to the largest of `expected`. */
template <typename T>
void expectClose(const std::string& what, const Buffer<T>& actual, const Buffer<T>& expected, double tolerance) {
  double largest = 1, worst = 0;
  for (size_t i = 0; i < expected.size(); ++i) largest = std::max<double>(largest, std::abs(load(expected.data()[i])));
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(load(actual.data()[i]) - load(expected.data()[i])) / largest;
    if (!(difference <= tolerance)) {
      fail(what + ": element " + std::to_string(i) + " differs by " + std::to_string(difference));
    }
    worst = std::max(worst, difference);
  }
  std::printf("ok   %s: %.1e of %.1e\n", what.c_str(), worst, tolerance);
}

template <typename T>
void expectSame(const std::string& what, const Buffer<T>& actual, const Buffer<T>& expected) {
  if (std::memcmp(actual.data(), expected.data(), expected.size() * sizeof(T)) != 0) fail(what + ": not the same bits");
  std::printf("ok   %s: the same bits\n", what.c_str());
}

/** What rounding may leave of a result in T: sums run in another order, and a rounding may fall to the other side. */
template <typename T>
constexpr double rounding = sizeof(T) == 2   ? 4e-3
                            : sizeof(T) == 4 ? 3e-6
                                             : 1e-13;

/** Calls run() with warps in several orders; the buffers that it returns have to be the same bits each time. */
template <typename Run>
auto inEveryOrder(const std::string& what, Run run) {
  order = 0;
  const auto first = run();
  for (const int next : {1, 2}) {
    order = next;
    const auto again = run();
    for (size_t i = 0; i < first.size(); ++i) {
      const auto &a = first[i], &b = again[i];
      if (std::memcmp(a.data(), b.data(), a.size() * sizeof(*a.data())) != 0) {
        fail(what + ": order " + std::to_string(next) + " of warps gives other bits");
      }
    }
  }
  order = 0;
  return first;
}

}  // namespace libbert::emulator
