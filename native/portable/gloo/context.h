// LibTorch contains Gloo, compiled, but its packages lack Gloo's headers, which c10d/ProcessGroupGloo.hpp includes. The
// files of this folder replace them. They are enough because libbert makes a ProcessGroupGloo and calls it, and all
// else happens inside LibTorch: of Gloo's own classes it only ever holds pointers, whose size does not depend on what
// is declared here. Nothing may be constructed, derived or called from these declarations: the linker would not find
// it.

#pragma once

#include <chrono>

namespace gloo {

class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};

}  // namespace gloo
