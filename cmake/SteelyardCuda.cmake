# SPDX-License-Identifier: Apache-2.0
# The native-cuda module: built when there is an nvcc, the system's or the one that tools/cuda-setup brings. nvcc is called
# by itself, because CMake's own CUDA language does not find pip's folders. No GPU is needed to build.
set(STEELYARD_CUDA ${CMAKE_BINARY_DIR}/third_party/cuda CACHE PATH "Folder with bin/nvcc and include/ of CUDA")
find_program(STEELYARD_NVCC nvcc HINTS ${STEELYARD_CUDA}/bin ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
# A device runs code of its own major number up to its minor one, so 8.6 serves 8.9 too.
set(STEELYARD_CUDA_ARCHITECTURES 75 80 86 90 120 CACHE STRING "Compute capabilities; those that nvcc does not know are left out")

function(steelyard_cuda_architectures out)
  execute_process(COMMAND ${STEELYARD_NVCC} --list-gpu-code OUTPUT_VARIABLE codes ERROR_QUIET)
  set(flags "")
  foreach(arch ${STEELYARD_CUDA_ARCHITECTURES})
    if(codes MATCHES "sm_${arch}[\r\n]")
      list(APPEND flags -gencode arch=compute_${arch},code=sm_${arch})
      set(last ${arch})
    endif()
  endforeach()
  if(NOT flags)
    message(FATAL_ERROR "${STEELYARD_NVCC} knows none of the architectures ${STEELYARD_CUDA_ARCHITECTURES}")
  endif()
  # Newer devices compile the newest one's PTX when they first load it.
  list(APPEND flags -gencode arch=compute_${last},code=compute_${last})
  set(${out} ${flags} PARENT_SCOPE)
endfunction()

# One object of a .cu file by nvcc, with its dependencies.
function(steelyard_cuda_object out source)
  get_filename_component(name ${source} NAME)
  set(object ${CMAKE_BINARY_DIR}/cuda/${name}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/cuda
    COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${STEELYARD_NVCC} -ccbin ${CMAKE_CXX_COMPILER} -std=c++20 -O3 --expt-relaxed-constexpr
            -Xcompiler -fPIC,-fvisibility=hidden -I${CMAKE_SOURCE_DIR} ${cuda_flags}
            -MD -MF ${object}.d -c ${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d COMMENT "Building CUDA object ${name}" VERBATIM)
  set(${out} ${object} PARENT_SCOPE)
endfunction()

function(steelyard_cuda)
  get_filename_component(home ${STEELYARD_NVCC} REALPATH)
  get_filename_component(home ${home}/../.. ABSOLUTE)
  find_path(STEELYARD_CUDA_INCLUDE cuda_runtime.h HINTS ${home}/include NO_DEFAULT_PATH)
  find_library(STEELYARD_CUDART cudart_static HINTS ${home}/lib64 ${home}/lib ${home}/targets/x86_64-linux/lib)
  if(NOT STEELYARD_CUDA_INCLUDE OR NOT STEELYARD_CUDART)
    message(STATUS "CUDA's headers or libcudart_static.a are not beside ${STEELYARD_NVCC}: native-cuda will say NotBuilt")
    return()
  endif()
  steelyard_cuda_architectures(cuda_flags)
  file(GLOB engine CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/steelyard/engine/cuda/*.cpp)
  file(GLOB kernels CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/steelyard/engine/cuda/*.cu)
  file(GLOB backend CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/steelyard/backend/native_cuda/*.cpp)
  set(objects "")
  foreach(kernel ${kernels})
    steelyard_cuda_object(object ${kernel})
    list(APPEND objects ${object})
  endforeach()
  add_library(steelyard_cuda_engine STATIC EXCLUDE_FROM_ALL ${engine} ${objects})
  set_target_properties(steelyard_cuda_engine PROPERTIES CXX_VISIBILITY_PRESET hidden LINKER_LANGUAGE CXX)
  target_include_directories(steelyard_cuda_engine PUBLIC ${CMAKE_SOURCE_DIR})
  target_include_directories(steelyard_cuda_engine SYSTEM PRIVATE ${STEELYARD_CUDA_INCLUDE})
  # The runtime is linked in and opens the driver itself: the module loads where there is none.
  target_link_libraries(steelyard_cuda_engine PUBLIC ${STEELYARD_CUDART} Threads::Threads ${CMAKE_DL_LIBS} rt)
  steelyard_module(native-cuda FOLDER steelyard/backends SOURCES ${backend} LIBRARIES fmt::fmt steelyard_cuda_engine)
  target_compile_definitions(native-cuda PRIVATE STEELYARD_VERSION="${PROJECT_VERSION}")
endfunction()

if(STEELYARD_NVCC)
  steelyard_cuda()
else()
  message(STATUS "nvcc not found: native-cuda will say NotBuilt (tools/cuda-setup brings it)")
endif()
