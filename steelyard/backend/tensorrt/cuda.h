// SPDX-License-Identifier: Apache-2.0
// The few calls of NVIDIA's CUDA runtime that TensorRT's adapter makes, found by dlopen. Every
// status becomes an Error with the runtime's words and a way out. Handles are owned. Thread-safe,
// but a stream or graph belongs to one thread at a time.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <string>
#include <utility>

namespace steelyard::tensorrt {

// A function of the library by its C name. Calling it throws Error unless it returns cudaSuccess.
template <class... Arguments>
class Call {
 public:
  Call(void* library, const char* name);
  void operator()(Arguments... arguments) const;
  // The same for destructors, which have nobody to tell.
  cudaError_t quietly(Arguments... arguments) const noexcept { return function_(arguments...); }

 private:
  const char* name_;
  cudaError_t (*function_)(Arguments...);
};

// Signatures that are the same in CUDA 11, 12 and 13.
struct Cuda {
  explicit Cuda(void* library) : library_(library) {}
  void* library_;
  Call<int*> count_devices{library_, "cudaGetDeviceCount"};
  Call<int*, cudaDeviceAttr, int> attribute{library_, "cudaDeviceGetAttribute"};
  Call<char*, int, int> bus_id{library_, "cudaDeviceGetPCIBusId"};
  // Its struct has changed; the name has always been its first 256 bytes.
  Call<void*, int> properties{library_, "cudaGetDeviceProperties"};
  Call<int> set_device{library_, "cudaSetDevice"};
  Call<void**, std::size_t> allocate{library_, "cudaMalloc"};
  Call<void*> free{library_, "cudaFree"};
  Call<void**, std::size_t, unsigned> allocate_host{library_, "cudaHostAlloc"};
  Call<void*> free_host{library_, "cudaFreeHost"};
  Call<void*, const void*, std::size_t, cudaMemcpyKind, cudaStream_t> copy{library_,
                                                                           "cudaMemcpyAsync"};
  Call<cudaStream_t*, unsigned> create_stream{library_, "cudaStreamCreateWithFlags"};
  Call<cudaStream_t> destroy_stream{library_, "cudaStreamDestroy"};
  Call<cudaStream_t> synchronise{library_, "cudaStreamSynchronize"};
  Call<cudaStream_t, cudaStreamCaptureMode> begin_capture{library_, "cudaStreamBeginCapture"};
  Call<cudaStream_t, cudaGraph_t*> end_capture{library_, "cudaStreamEndCapture"};
  Call<cudaGraphExec_t*, cudaGraph_t, unsigned long long> instantiate{
      library_, "cudaGraphInstantiateWithFlags"};
  Call<cudaGraph_t> destroy_graph{library_, "cudaGraphDestroy"};
  Call<cudaGraphExec_t> destroy_executable{library_, "cudaGraphExecDestroy"};
  Call<cudaGraphExec_t, cudaStream_t> launch{library_, "cudaGraphLaunch"};
  Call<cudaEvent_t*, unsigned> create_event{library_, "cudaEventCreateWithFlags"};
  Call<cudaEvent_t> destroy_event{library_, "cudaEventDestroy"};
  Call<cudaEvent_t, cudaStream_t> record{library_, "cudaEventRecord"};
  Call<float*, cudaEvent_t, cudaEvent_t> elapsed{library_, "cudaEventElapsedTime"};
};

// Why the runtime cannot be used; empty when it can. Looks where $STEELYARD_CUDART_LIB says (a
// folder or a file; when set, nowhere else), else where the loader looks.
const std::string& cuda_unusable();
// Throws Error when it cannot be used.
const Cuda& cuda();

// Makes `device` the calling thread's; costs one comparison when it is already.
void use_device(int device);
void use_device_quietly(int device) noexcept;

// Memory of the device, or of the host: pinned, and read by the device at the same address.
class Memory {
 public:
  enum Place { device, pinned };
  Memory() = default;
  Memory(Place, std::size_t bytes);  // of the thread's device; contents are zero for `pinned`
  Memory(Memory&& other) noexcept { *this = std::move(other); }
  Memory& operator=(Memory&& other) noexcept {
    std::swap(place_, other.place_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~Memory();
  std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  Place place_ = device;
  void* data_ = nullptr;
};

class CudaStream {
 public:
  CudaStream() { cuda().create_stream(&handle_, cudaStreamNonBlocking); }
  CudaStream(const CudaStream&) = delete;
  ~CudaStream() { cuda().destroy_stream.quietly(handle_); }
  cudaStream_t handle() const { return handle_; }
  void synchronise() const { cuda().synchronise(handle_); }

 private:
  cudaStream_t handle_ = nullptr;
};

class CudaEvent {
 public:
  CudaEvent() { cuda().create_event(&handle_, cudaEventDefault); }
  CudaEvent(const CudaEvent&) = delete;
  ~CudaEvent() { cuda().destroy_event.quietly(handle_); }
  void record(const CudaStream& stream) const { cuda().record(handle_, stream.handle()); }
  double microseconds_since(const CudaEvent& begin) const;

 private:
  cudaEvent_t handle_ = nullptr;
};

// What `record` submits to the stream, recorded once and started with one call.
class CudaGraph {
 public:
  CudaGraph() = default;
  template <class Record>
  CudaGraph(const CudaStream& stream, Record&& record) {
    cuda().begin_capture(stream.handle(), cudaStreamCaptureModeThreadLocal);
    try {
      record();
    } catch (...) {
      end(stream, false);
      throw;
    }
    end(stream, true);
  }
  CudaGraph(CudaGraph&& other) noexcept : executable_(std::exchange(other.executable_, nullptr)) {}
  CudaGraph& operator=(CudaGraph&& other) noexcept {
    std::swap(executable_, other.executable_);
    return *this;
  }
  ~CudaGraph();
  explicit operator bool() const { return executable_ != nullptr; }
  void launch(const CudaStream& stream) const { cuda().launch(executable_, stream.handle()); }

 private:
  void end(const CudaStream&, bool keep);
  cudaGraphExec_t executable_ = nullptr;
};

// Throws Error: "<call> failed: <the runtime's words>".
[[noreturn]] void refuse_status(const char* call, cudaError_t status);

template <class... Arguments>
void Call<Arguments...>::operator()(Arguments... arguments) const {
  if (const cudaError_t status = function_(arguments...); status != cudaSuccess) [[unlikely]]
    refuse_status(name_, status);
}

void* symbol(void* library, const char* name);  // throws Error when there is none

template <class... Arguments>
Call<Arguments...>::Call(void* library, const char* name)
    : name_(name),
      function_(reinterpret_cast<cudaError_t (*)(Arguments...)>(symbol(library, name))) {}

}  // namespace steelyard::tensorrt
