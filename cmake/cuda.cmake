# libbert_cuda.so: the operators on a GPU. Built where LibTorch has CUDA and nvcc is found; elsewhere this file says
# what is missing, and the other libraries are built without it. They never need it: it is opened when a GPU is asked for.
#
# What a build takes: nvcc, of the CUDA toolkit or of the package nvidia-cuda-nvcc, and the headers and the runtime in
# LibTorch's and NVIDIA's wheels. CMake's own CUDA language would insist on a whole toolkit.

if(NOT EXISTS "${LIBTORCH}/lib/libtorch_cuda.so")
  return()
endif()

# NVIDIA's wheels lie beside torch's, with everything of CUDA 13 in one folder.
file(REAL_PATH "${LIBTORCH}/../nvidia/cu13" CUDA_WHEELS)
set(CUDA_PACKAGES "pip install 'cuda-toolkit[nvcc]==13.0.*'")
find_program(NVCC nvcc HINTS "${CUDA_WHEELS}/bin" "$ENV{CUDA_HOME}/bin" /usr/local/cuda/bin NO_CACHE)
set(CUDA_RELEASE "none")
if(NVCC)
  execute_process(COMMAND "${NVCC}" --version OUTPUT_VARIABLE NVCC_VERSION)
  if(NVCC_VERSION MATCHES "release ([0-9.]+)")
    set(CUDA_RELEASE "${CMAKE_MATCH_1}")
  endif()
endif()
if(NOT CUDA_RELEASE MATCHES "^13\\.")
  message(WARNING "libbert_cuda.so is not built. Expected nvcc of CUDA 13 but received ${CUDA_RELEASE}. "
    "It comes with the CUDA toolkit 13.0 (put its bin/ on the PATH), or with: ${CUDA_PACKAGES}")
  return()
endif()

# The headers are those that nvcc itself takes: of its toolkit, or of the wheels where it lies among them.
execute_process(COMMAND "${NVCC}" --dryrun -c -x cu /dev/null -o /dev/null ERROR_VARIABLE NVCC_SETTINGS OUTPUT_QUIET)
string(REGEX MATCH "TOP=([^\n]+)" NVCC_TOP "${NVCC_SETTINGS}")  # a folder, in CMAKE_MATCH_1
file(REAL_PATH "${CMAKE_MATCH_1}/include" CUDA_HEADERS)
file(REAL_PATH "${CUDA_WHEELS}/lib/libcudart.so.13" CUDA_RUNTIME)
file(REAL_PATH "${CUDA_WHEELS}/lib/libcublasLt.so.13" CUBLAS_LT)
foreach(needed "${CUDA_HEADERS}/cuda_runtime.h" "${CUDA_HEADERS}/crt/host_config.h" "${CUDA_RUNTIME}" "${CUBLAS_LT}")
  if(NOT EXISTS "${needed}")
    message(WARNING "libbert_cuda.so is not built. Expected the CUDA runtime for ${needed} but received nothing there. "
      "It comes with: ${CUDA_PACKAGES}")
    return()
  endif()
endforeach()

# What c10d's header of NCCL includes. nccl.h has to be of the release that LibTorch was built with, because c10d's
# options contain NCCL's: torch's wheel asks for that very release. The other headers come with a whole toolkit, too.
set(LIBRARY_HEADERS "")
foreach(header nccl.h cublas_v2.h cublasLt.h cusparse.h cusolverDn.h)
  find_path(folder ${header} PATHS "${CUDA_WHEELS}/../nccl/include" "${CUDA_HEADERS}" "${CUDA_WHEELS}/include"
    NO_DEFAULT_PATH NO_CACHE)
  if(NOT folder)
    message(WARNING "libbert_cuda.so is not built. Expected ${header} in nvidia/ beside ${LIBTORCH} or in "
      "${CUDA_HEADERS} but received nothing there. It comes with the packages that torch requires: pip install torch")
    return()
  endif()
  list(APPEND LIBRARY_HEADERS "${folder}")
  unset(folder)
endforeach()
message(STATUS "libbert_cuda.so: ${NVCC} ${CUDA_RELEASE}, headers in ${CUDA_HEADERS}")

# Machine code for A100, H100, B200 and RTX 50, and PTX that drivers translate for what comes after them.
set(GPU_CODE
  -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 -gencode arch=compute_100,code=sm_100
  -gencode arch=compute_120,code=[sm_120,compute_120])
file(GLOB KERNEL_SOURCES CONFIGURE_DEPENDS native/cuda/kernels/*.cu)
set(KERNELS "")
foreach(source ${KERNEL_SOURCES})
  cmake_path(GET source STEM name)
  set(kernel "${CMAKE_CURRENT_BINARY_DIR}/${name}.o")
  add_custom_command(OUTPUT "${kernel}"
    COMMAND "${NVCC}" -c "${source}" -o "${kernel}" -MD -MF "${kernel}.d"
      -std=c++20 -O3 --expt-relaxed-constexpr ${GPU_CODE} -ccbin "${CMAKE_CXX_COMPILER}"
      -Xcompiler=-fPIC,-fvisibility=hidden,-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
      -Xcompiler=-ffile-prefix-map=${LIBTORCH}=libtorch,-ffile-prefix-map=${CUDA_HEADERS}=cuda
      -I "${CMAKE_SOURCE_DIR}/native/cuda/gpu"
      -isystem "${LIBTORCH}/include" -isystem "${LIBTORCH}/include/torch/csrc/api/include" -isystem "${CUDA_HEADERS}"
    DEPENDS "${source}" DEPFILE "${kernel}.d" VERBATIM COMMAND_EXPAND_LISTS)
  list(APPEND KERNELS "${kernel}")
endforeach()

add_library(libbert_cuda SHARED ${COMPOSITION_SOURCES} ${KERNEL_OPERATOR_SOURCES} ${KERNELS}
  native/cuda/gpu/stream.cc native/cuda/attention.cc native/cuda/fused_attention.cc native/cuda/gradient_product.cc
  native/cuda/graph.cc native/cuda/nccl.cc native/cuda/register.cc)
set_target_properties(libbert_cuda PROPERTIES PREFIX "" BUILD_WITH_INSTALL_RPATH ON ${ONE_COMPILATION})
target_compile_options(libbert_cuda PRIVATE -fopenmp-simd -ffile-prefix-map=${CUDA_HEADERS}=cuda)
target_include_directories(libbert_cuda SYSTEM PRIVATE "${CUDA_HEADERS}" ${LIBRARY_HEADERS})
# -z defs: a symbol that none of these libraries has is an error here, not on the machine with the GPU.
# --no-as-needed: the operators are reached through the dispatcher, where libtorch_cuda.so has to be present.
target_link_libraries(libbert_cuda PRIVATE libtorch "${LIBTORCH}/lib/libc10_cuda.so" "${CUDA_RUNTIME}" "${CUBLAS_LT}"
  -Wl,--push-state,--no-as-needed "${LIBTORCH}/lib/libtorch_cuda.so" -Wl,--pop-state -Wl,-z,defs -s)

# For tests: what is asked of cuBLASLt, with a fake in place of its products. Nothing of it needs a GPU.
if(EXISTS ${CMAKE_SOURCE_DIR}/test/native/cublas_lt)
  add_executable(check_cublas_lt EXCLUDE_FROM_ALL ${COMPOSITION_SOURCES} native/ops/schema.cc
    native/cuda/kernel_choice.cc native/cuda/linear_gradients.cc native/cuda/gradient_product.cc
    test/native/compositions.cc test/native/cublas_lt/fake.cc test/native/cublas_lt/main.cc)
  set_target_properties(check_cublas_lt PROPERTIES ${ONE_COMPILATION} RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/test")
  target_compile_options(check_cublas_lt PRIVATE -fopenmp-simd)
  target_include_directories(check_cublas_lt SYSTEM PRIVATE "${CUDA_HEADERS}" ${LIBRARY_HEADERS})
  target_link_libraries(check_cublas_lt PRIVATE libtorch "${CUBLAS_LT}")
endif()
