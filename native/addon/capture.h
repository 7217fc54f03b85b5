// What may not be done while a CUDA graph is captured.

#pragma once

namespace libbert {

/** @throws where this thread captures a graph: each replay would copy memory of the CPU's as it happens to be by then */
void refuseWhileCapturing();

}  // namespace libbert
