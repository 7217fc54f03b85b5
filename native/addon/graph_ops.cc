// CUDA graphs, which libbert's library for GPUs has: see native/cuda/graph.cc.

#include <c10/core/impl/VirtualGuardImpl.h>

#include "../ops/find_operator.h"
#include "capture.h"
#include "generator_handle.h"
#include "graph_handle.h"
#include "op_table.h"

namespace libbert {

namespace {

thread_local bool isCapturing = false;

}  // namespace

void refuseWhileCapturing() {
  TORCH_CHECK(!isCapturing, "Expected all that a graph reads to be on the GPU before it is captured");
}

Graph::~Graph() {
  if (number == 0) return;
  try {
    findOperator<void(int64_t)>("libbert::free_graph").call(number);
  } catch (const c10::Error&) {
    // The process ends, or the GPU is lost: nobody can use what is left.
  }
}

namespace {

using Generator = std::shared_ptr<at::Generator>;
using GraphPointer = std::shared_ptr<Graph>;

GraphPointer beginGraph(const Generator& generator, const std::optional<GraphPointer>& sharing) {
  auto graph = std::make_shared<Graph>();
  const auto begin = findOperator<int64_t(const at::Generator&, int64_t)>("libbert::begin_graph");
  graph->number = begin.call(*generator, sharing ? (*sharing)->number : 0);
  isCapturing = true;
  return graph;
}

void endGraph(const GraphPointer& graph) {
  isCapturing = false;
  findOperator<void(int64_t)>("libbert::end_graph").call(graph->number);
}

/**
 * From now on all that this thread launches on a GPU goes to a stream of its own: LibTorch's default one cannot be
 * captured. Memory that was freed on the other one stays with it, so there is no way back.
 */
void useOwnStream(const at::Device& device) {
  const c10::impl::VirtualGuardImpl streams(device.type());
  const c10::Stream stream = streams.getStream(device);
  if (stream != streams.getDefaultStream(device)) return;
  stream.synchronize();  // what the default stream still writes may be read by the other
  streams.exchangeStream(streams.getStreamFromGlobalPool(device));
}

}  // namespace

void addGraphOps(OpTable& ops) {
  ops.add("beginGraph(generator, sharing)", beginGraph);
  ops.add("endGraph(graph)", endGraph);
  ops.add("replayGraph(graph)", [](const GraphPointer& graph) {
    findOperator<void(int64_t)>("libbert::replay_graph").call(graph->number);
  });
  ops.add("freeGraph(graph)", [](const Released<Graph>& graph) { graph.slot->reset(); });
  ops.add("useOwnStream(device)", useOwnStream);
}

}  // namespace libbert
