// CUDA graphs: what a thread launches on its stream is recorded, and launched again as one. The graphs of a run share
// memory for what is inside them, so that they take as much as the largest of them.

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <torch/library.h>

#include <map>
#include <memory>
#include <mutex>

namespace libbert {
namespace {

struct Graph {
  at::cuda::CUDAGraph graph;
  c10::MempoolId_t memory;
  c10::DeviceIndex device;
};

std::mutex lock;
std::map<int64_t, std::shared_ptr<Graph>> graphs;
int64_t lastNumber = 0;

std::shared_ptr<Graph> graphOf(int64_t number) {
  const std::lock_guard guard(lock);
  const auto found = graphs.find(number);
  TORCH_CHECK(found != graphs.end(), "Expected the number of a graph but received ", number);
  return found->second;
}

/**
 * Begins to record what this thread launches on its stream, which must be none of LibTorch's default ones. Nothing
 * of it runs.
 *
 * @param generator what is drawn from it is drawn anew by each replay, from the seed that it has by then
 * @param sharing the number of a graph whose memory this one uses, too; 0 for memory of its own
 * @return the graph's number
 */
int64_t beginGraph(const at::Generator& generator, int64_t sharing) {
  auto graph = std::make_shared<Graph>();
  graph->memory = sharing == 0 ? at::cuda::graph_pool_handle() : graphOf(sharing)->memory;
  graph->device = c10::cuda::current_device();
  graph->graph.register_generator_state(generator);
  // Other threads may do what they like meanwhile; backward passes launch from threads of LibTorch's.
  graph->graph.capture_begin(graph->memory, cudaStreamCaptureModeThreadLocal);
  const std::lock_guard guard(lock);
  graphs.emplace(++lastNumber, std::move(graph));
  return lastNumber;
}

void endGraph(int64_t number) {
  const auto graph = graphOf(number);
  try {
    graph->graph.capture_end();
  } catch (...) {
    try {
      c10::cuda::CUDACachingAllocator::endAllocateToPool(graph->device, graph->memory);
    } catch (const c10::Error&) {
      // It had ended.
    }
    throw;
  }
}

void replayGraph(int64_t number) {
  graphOf(number)->graph.replay();
}

void freeGraph(int64_t number) {
  const std::lock_guard guard(lock);
  graphs.erase(number);
}

}  // namespace

TORCH_LIBRARY_IMPL(libbert, CompositeExplicitAutograd, m) {
  m.impl("begin_graph", beginGraph);
  m.impl("end_graph", endGraph);
  m.impl("replay_graph", replayGraph);
  m.impl("free_graph", freeGraph);
}

}  // namespace libbert
