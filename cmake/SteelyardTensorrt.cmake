# SPDX-License-Identifier: Apache-2.0
# The tensorrt modules: one for each major version whose headers are given or found, all from the same sources. Only headers
# are needed to build (TensorRT's and CUDA's); the libraries are opened when the module is used.
set(STEELYARD_TENSORRT "" CACHE STRING "Folders with NvInfer.h and NvOnnxParser.h, one a major version")
file(GLOB tensorrt_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/steelyard/backend/tensorrt/*.cpp)

function(steelyard_tensorrt include cuda)
  file(STRINGS ${include}/NvInferVersion.h lines REGEX "define (NV_TENSORRT_MAJOR|TRT_MAJOR_ENTERPRISE) +[0-9]+")
  string(REGEX REPLACE ".* ([0-9]+).*" "\\1" major "${lines}")
  if(NOT major MATCHES "^(8|10|11)$")
    message(STATUS "TensorRT ${major} (${include}): 8, 10 and 11 are known; tensorrt will say NotBuilt")
    return()
  endif()
  steelyard_module(tensorrt-${major} FOLDER steelyard/backends SOURCES ${tensorrt_sources}
                   LIBRARIES fmt::fmt ${CMAKE_DL_LIBS})
  target_include_directories(tensorrt-${major} SYSTEM PRIVATE ${include} ${cuda})
  # What version 10 deprecates is all that version 8 has.
  target_compile_options(tensorrt-${major} PRIVATE -Wno-deprecated-declarations)
endfunction()

find_path(TENSORRT_INCLUDE NvInfer.h PATHS /usr/include/x86_64-linux-gnu /usr/include/aarch64-linux-gnu)
find_path(TENSORRT_CUDA_INCLUDE cuda_runtime_api.h
          HINTS ${STEELYARD_CUDA}/include /usr/local/cuda/include $ENV{CUDA_HOME}/include)
set(folders ${STEELYARD_TENSORRT})
if(NOT folders AND TENSORRT_INCLUDE)
  set(folders ${TENSORRT_INCLUDE})
endif()
if(folders AND TENSORRT_CUDA_INCLUDE)
  foreach(folder ${folders})
    steelyard_tensorrt(${folder} ${TENSORRT_CUDA_INCLUDE})
  endforeach()
else()
  message(STATUS "TensorRT's or CUDA's headers not found: tensorrt will say NotBuilt (-DSTEELYARD_TENSORRT=FOLDER)")
endif()
