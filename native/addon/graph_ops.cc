// CUDA graphs, which libbert's library for GPUs has: see native/cuda/graph.cc.

#include <ATen/DeviceAccelerator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <map>

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
  if (number != 0) findOperator<void(int64_t)>("libbert::free_graph").call(number);
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

/** All that this thread launches on the stream's GPU goes there, once what was launched before is done. */
void useStream(const c10::Stream& stream) {
  at::accelerator::synchronizeDevice(stream.device_index());
  at::accelerator::setCurrentStream(stream);
}

/** The thread's own, for each GPU: LibTorch keeps memory for the products of every stream that it has seen. */
c10::Stream ownStream(const at::Device& device) {
  thread_local std::map<c10::DeviceIndex, c10::Stream> streams;
  const auto found = streams.find(device.index());
  if (found != streams.end()) return found->second;
  const c10::impl::VirtualGuardImpl guard(device.type());
  return streams.emplace(device.index(), guard.getStreamFromGlobalPool(device)).first->second;
}

c10::Stream defaultStream(const at::Device& device) {
  return c10::impl::VirtualGuardImpl(device.type()).getDefaultStream(device);
}

}  // namespace

void addGraphOps(OpTable& ops) {
  ops.add("beginGraph(generator, sharing)", beginGraph);
  ops.add("endGraph(graph)", endGraph);
  ops.add("replayGraph(graph)", [](const GraphPointer& graph) {
    findOperator<void(int64_t)>("libbert::replay_graph").call(graph->number);
  });
  ops.add("freeGraph(graph)", [](const Released<Graph>& graph) { graph.slot->reset(); });
  // LibTorch's default stream cannot be captured.
  ops.add("useOwnStream(device)", [](const at::Device& device) { useStream(ownStream(device)); });
  ops.add("useDefaultStream(device)", [](const at::Device& device) { useStream(defaultStream(device)); });
}

}  // namespace libbert
