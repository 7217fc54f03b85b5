#include "block.h"

#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

namespace libbert::emulator {
namespace {

constexpr int lanes = 32;
constexpr size_t stackBytes = 1 << 17;

thread_local Block* current = nullptr;
thread_local ucontext_t scheduler;

[[noreturn]] void refuse(const char* what) {
  std::fprintf(stderr, "emulator: %s\n", what);
  std::abort();
}

}  // namespace

enum class State { ready, exchanging, waiting, ended };

struct Fibre {
  int index = 0, distance = 0;
  State state = State::ready;
  uint64_t bits = 0;
  ucontext_t context;
  std::unique_ptr<char[]> stack = std::make_unique_for_overwrite<char[]>(stackBytes);
};

std::vector<int> ordered(int count, std::mt19937& random) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  if (order == 1) std::reverse(numbers.begin(), numbers.end());
  if (order > 1) std::shuffle(numbers.begin(), numbers.end(), random);
  return numbers;
}

Block::Block(int threads) : random(order) {
  for (int i = 0; i < threads; ++i) {
    fibres.push_back(std::make_unique<Fibre>());
    fibres.back()->index = i;
  }
}

Block::~Block() = default;

void Block::enter() {
  Block& block = *current;
  (*block.body)(block.running->index);
  block.running->state = State::ended;
  block.suspend();
}

void Block::run(const std::function<void(int)>& work) {
  body = &work;
  current = this;
  for (const auto& fibre : fibres) {
    fibre->state = State::ready;
    getcontext(&fibre->context);
    fibre->context.uc_stack = {fibre->stack.get(), 0, stackBytes};
    fibre->context.uc_link = nullptr;
    makecontext(&fibre->context, enter, 0);
  }
  const auto are = [&](State state) {
    return std::all_of(fibres.begin(), fibres.end(), [=](const auto& fibre) { return fibre->state == state; });
  };
  while (true) {
    for (const int warp : ordered(fibres.size() / lanes, random)) runWarp(warp);
    if (are(State::ended)) return;
    if (!are(State::waiting)) refuse("some threads of a block wait at a barrier, and others have ended");
    for (const auto& fibre : fibres) fibre->state = State::ready;
  }
}

/** Runs the warp until its threads wait at a barrier or have ended. */
void Block::runWarp(int warp) {
  do {
    for (const int lane : ordered(lanes, random)) {
      running = fibres[warp * lanes + lane].get();
      if (running->state == State::ready) swapcontext(&scheduler, &running->context);
    }
  } while (exchangeInWarp(warp));
}

/** Hands over what the lanes of a warp exchange; false where they do not. */
bool Block::exchangeInWarp(int warp) {
  const auto first = fibres.begin() + warp * lanes, last = first + lanes;
  const auto isExchanging = [](const auto& fibre) { return fibre->state == State::exchanging; };
  if (std::none_of(first, last, isExchanging)) return false;
  if (!std::all_of(first, last, isExchanging)) refuse("some lanes of a warp exchange values, and others do not");
  uint64_t sent[lanes];
  for (int lane = 0; lane < lanes; ++lane) sent[lane] = first[lane]->bits;
  for (int lane = 0; lane < lanes; ++lane) {
    if (first[lane]->distance != first[0]->distance) refuse("lanes of a warp exchange at different distances");
    first[lane]->bits = sent[lane ^ first[lane]->distance];
    first[lane]->state = State::ready;
  }
  return true;
}

void Block::suspend() {
  swapcontext(&running->context, &scheduler);
}

void Block::sync() {
  running->state = State::waiting;
  suspend();
}

uint64_t Block::exchange(uint64_t bits, int distance) {
  Fibre& fibre = *running;
  fibre.bits = bits;
  fibre.distance = distance;
  fibre.state = State::exchanging;
  suspend();
  return fibre.bits;
}

}  // namespace libbert::emulator
