// SPDX-License-Identifier: Apache-2.0
// Finding and opening the CUDA runtime, and what its statuses mean. Thread-safe.
#include "steelyard/backend/tensorrt/cuda.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "steelyard/backend/tensorrt/libraries.h"
#include "steelyard/base/error.h"

namespace steelyard::tensorrt {
namespace {

struct Opened {
  std::unique_ptr<const Cuda> calls;
  std::string reason;
};

const Opened& opened() {
  static const Opened once = [] {
    Opened result;
    void* library =
        open_library("STEELYARD_CUDART_LIB",
                     {"libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"}, result.reason);
    if (library == nullptr) return result;
    try {
      result.calls = std::make_unique<const Cuda>(library);
    } catch (const Error& e) {
      result.reason = e.what();
    }
    return result;
  }();
  return once;
}

thread_local int current_device = -1;

bool is_lost(cudaError_t status) {
  return (status >= cudaErrorIllegalAddress && status <= cudaErrorLaunchFailure) ||
         status == cudaErrorECCUncorrectable || status == cudaErrorDevicesUnavailable;
}

std::string hint_for(cudaError_t status) {
  if (status == cudaErrorMemoryAllocation)
    return "see `nvidia-smi` for who uses the device's memory, or ask for a smaller batch";
  if (status == cudaErrorInsufficientDriver)
    return "update NVIDIA's driver, or let STEELYARD_CUDART_LIB name an older CUDA runtime";
  if (status == cudaErrorNoDevice)
    return "check that `nvidia-smi` lists the device and that CUDA_VISIBLE_DEVICES does not hide "
           "it";
  if (is_lost(status))
    return "the device is lost to this process; run again, and see `dmesg` for NVRM messages when "
           "it happens again";
  return "";
}

}  // namespace

void* symbol(void* library, const char* name) {
  if (void* found = ::dlsym(library, name)) return found;
  throw Error(fmt::format("the CUDA runtime has no {}: {}", name, ::dlerror()),
              "install the CUDA runtime that this TensorRT was made for");
}

const std::string& cuda_unusable() { return opened().reason; }

const Cuda& cuda() {
  const Opened& result = opened();
  if (!result.calls) [[unlikely]]
    throw Error("the CUDA runtime cannot be used: " + result.reason);
  return *result.calls;
}

void refuse_status(const char* call, cudaError_t status) {
  static const auto words =
      reinterpret_cast<const char* (*)(cudaError_t)>(symbol(cuda().library_, "cudaGetErrorString"));
  throw Error(fmt::format("{} failed: {} ({})", call, words(status), static_cast<int>(status)),
              hint_for(status));
}

void use_device(int device) {
  if (current_device == device) [[likely]]
    return;
  cuda().set_device(device);
  current_device = device;
}

void use_device_quietly(int device) noexcept {
  if (current_device != device && cuda().set_device.quietly(device) == cudaSuccess)
    current_device = device;
}

Memory::Memory(Place place, std::size_t bytes) : place_(place) {
  // Neither call accepts 0.
  const std::size_t size = bytes == 0 ? 1 : bytes;
  if (place == device) {
    cuda().allocate(&data_, size);
  } else {
    cuda().allocate_host(&data_, size, cudaHostAllocMapped | cudaHostAllocPortable);
    std::memset(data_, 0, size);
  }
}

Memory::~Memory() {
  if (data_ == nullptr) return;
  if (place_ == device)
    cuda().free.quietly(data_);
  else
    cuda().free_host.quietly(data_);
}

double CudaEvent::microseconds_since(const CudaEvent& begin) const {
  float milliseconds = 0;
  cuda().elapsed(&milliseconds, begin.handle_, handle_);
  return 1e3 * static_cast<double>(milliseconds);
}

void CudaGraph::end(const CudaStream& stream, bool keep) {
  cudaGraph_t graph = nullptr;
  if (!keep) {
    // What recording had to say is already on its way.
    if (cuda().end_capture.quietly(stream.handle(), &graph) == cudaSuccess)
      cuda().destroy_graph.quietly(graph);
    return;
  }
  cuda().end_capture(stream.handle(), &graph);
  const cudaError_t status = cuda().instantiate.quietly(&executable_, graph, 0);
  cuda().destroy_graph.quietly(graph);
  if (status != cudaSuccess) refuse_status("cudaGraphInstantiate", status);
}

CudaGraph::~CudaGraph() {
  if (executable_ != nullptr) cuda().destroy_executable.quietly(executable_);
}

}  // namespace steelyard::tensorrt
