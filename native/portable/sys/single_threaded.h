// Replaces glibc's header of the same name (CMakeLists.txt puts this folder first).
//
// libstdc++ asks glibc 2.32's __libc_single_threaded whether shared_ptr may count without atomics. Node.js always has
// several threads: the answer is known here, and binaries that do not ask load on older systems, too.

#pragma once

static constexpr char __libc_single_threaded = 0;
