// CUDA graphs: what a thread launches on its stream is recorded, and launched again as one. The graphs of a run share
// memory for what is inside them, so that they take as much as the largest of them.

#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <torch/library.h>

#include <map>
#include <memory>
#include <mutex>

#include "lent_state.h"

namespace libbert {
namespace {

struct Graph {
  at::cuda::CUDAGraph graph;
  c10::MempoolId_t memory;
  c10::DeviceIndex device;
};

std::mutex graphsMutex;

std::map<int64_t, std::shared_ptr<Graph>>& graphs() {
  static auto& all = *new std::map<int64_t, std::shared_ptr<Graph>>;  // CUDA may be gone when a process ends
  return all;
}

std::shared_ptr<Graph> graphOf(int64_t number) {
  const std::lock_guard guard(graphsMutex);
  const auto found = graphs().find(number);
  TORCH_CHECK(found != graphs().end(), "Expected the number of a graph but received ", number);
  return found->second;
}

int64_t add(std::shared_ptr<Graph> graph) {
  static int64_t lastNumber = 0;
  const std::lock_guard guard(graphsMutex);
  graphs().emplace(++lastNumber, std::move(graph));
  return lastNumber;
}

bool hasEnded(Graph& graph) {
  try {
    graph.graph.pool();
    return true;
  } catch (const c10::Error&) {
    return false;
  }
}

template <typename Step>
void attempt(Step step) {
  try {
    step();
  } catch (const c10::Error&) {
    // LibTorch had got as far as this by itself.
  }
}

/** Gives back what a capture that failed has taken of LibTorch's allocators, which LibTorch itself leaves. */
void abandon(Graph& graph) {
  if (hasEnded(graph)) return;  // its destructor does
  const auto pinned = at::getHostAllocator(at::kCUDA);
  attempt([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(graph.device, graph.memory); });
  attempt([&] { pinned->end_allocate_to_pool(graph.memory); });
  attempt([&] { c10::cuda::CUDACachingAllocator::releasePool(graph.device, graph.memory); });
  attempt([&] { pinned->release_pool(graph.memory); });
}

/**
 * Begins to record what this thread launches on its stream, which must be none of LibTorch's default ones. Nothing
 * of it runs.
 *
 * @param generator what is drawn from it is drawn anew by each replay, from the seed that it has by then. Once a
 *   capture has failed it is of no use any more
 * @param sharing the number of a graph whose memory this one uses, too; 0 for memory of its own
 * @return the graph's number
 */
int64_t beginGraph(const at::Generator& generator, int64_t sharing) {
  // A capture cannot have the memory that LibTorch keeps for later.
  if (sharing == 0) c10::cuda::CUDACachingAllocator::emptyCache();
  auto graph = std::make_shared<Graph>();
  graph->memory = sharing == 0 ? at::cuda::graph_pool_handle() : graphOf(sharing)->memory;
  graph->device = c10::cuda::current_device();
  const std::lock_guard turn(turnsOfDefaultGenerators());
  graph->graph.register_generator_state(generator);
  try {
    // Other threads may do what they like meanwhile; backward passes launch from threads of LibTorch's.
    graph->graph.capture_begin(graph->memory, cudaStreamCaptureModeThreadLocal);
  } catch (...) {
    abandon(*graph);
    throw;
  }
  return add(std::move(graph));
}

void endGraph(int64_t number) {
  const auto graph = graphOf(number);
  const std::lock_guard turn(turnsOfDefaultGenerators());
  try {
    graph->graph.capture_end();
  } catch (...) {
    abandon(*graph);
    throw;
  }
}

void replayGraph(int64_t number) {
  graphOf(number)->graph.replay();
}

void freeGraph(int64_t number) {
  const std::lock_guard turn(turnsOfDefaultGenerators());
  const std::lock_guard guard(graphsMutex);
  graphs().erase(number);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("begin_graph", beginGraph);
  m.impl("end_graph", endGraph);
  m.impl("replay_graph", replayGraph);
  m.impl("free_graph", freeGraph);
}

}  // namespace libbert
