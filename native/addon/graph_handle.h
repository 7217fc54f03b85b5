// A CUDA graph in JavaScript's hands.

#pragma once

#include <cstdint>

#include "shared_handle.h"

namespace libbert {

/** Frees the graph when nobody holds it any more. */
struct Graph {
  Graph() = default;
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  int64_t number = 0;
};

template <>
struct HandleOf<Graph> {
  static constexpr const char* name = "GraphHandle";
  static constexpr napi_type_tag tag = {0x51e0c7a48b3d4f92, 0xb7d91a6e03f84c25};
};

}  // namespace libbert
