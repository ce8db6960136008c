// SPDX-License-Identifier: Apache-2.0
// Stand-in for the CUDA runtime: one device, whose memory is the host's. Thread-safe where CUDA is.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "fake.h"

using Work = std::vector<std::function<void()>>;

struct CUstream_st {
  Work pending;
  CUgraph_st* recorded = nullptr;
};
struct CUgraph_st {
  Work work;
};
struct CUgraphExec_st {
  Work work;
};
struct CUevent_st {
  std::chrono::steady_clock::time_point time;
};

namespace fake {

int fault(const char* call) noexcept {
  static std::mutex mutex;
  static std::string armed;
  static int calls = 0;
  const char* text = std::getenv("FAKE_FAULT");
  const std::lock_guard lock(mutex);
  if (text == nullptr || armed != text) {
    armed = text == nullptr ? "" : text;
    calls = 0;
  }
  const std::size_t name = std::strlen(call);
  if (armed.compare(0, name, call) != 0 || armed.size() <= name || armed[name] != '=') return 0;
  int status = 0, at = 0;
  if (std::sscanf(armed.c_str() + name, "=%d@%d", &status, &at) < 1) return 0;
  return at == 0 || ++calls == at ? status : 0;
}

void submit(cudaStream_t stream, std::function<void()> work) {
  (stream->recorded != nullptr ? stream->recorded->work : stream->pending)
      .push_back(std::move(work));
}

}  // namespace fake

#define FAIL_ON_DEMAND(call) \
  if (const int status = fake::fault(call)) return static_cast<cudaError_t>(status)

extern "C" {

const char* cudaGetErrorString(cudaError_t status) {
  return status == cudaErrorMemoryAllocation ? "out of memory"
         : status == cudaErrorIllegalAddress ? "an illegal memory access was encountered"
                                             : "stand-in failure";
}

cudaError_t cudaGetDeviceCount(int* count) {
  FAIL_ON_DEMAND("cudaGetDeviceCount");
  *count = std::getenv("FAKE_NO_DEVICE") == nullptr ? 1 : 0;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  FAIL_ON_DEMAND("cudaDeviceGetAttribute");
  *value = attribute == cudaDevAttrComputeCapabilityMajor ? 8 : 6;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetPCIBusId(char* text, int size, int) {
  FAIL_ON_DEMAND("cudaDeviceGetPCIBusId");
  std::snprintf(text, static_cast<std::size_t>(size), "0000:0A:00.0");
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(void* properties, int) {
  FAIL_ON_DEMAND("cudaGetDeviceProperties");
  std::strcpy(static_cast<char*>(properties), "Stand-in GPU");
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  FAIL_ON_DEMAND("cudaSetDevice");
  return device == 0 ? cudaSuccess : cudaErrorInvalidDevice;
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  FAIL_ON_DEMAND("cudaMalloc");
  *memory = std::malloc(bytes);
  return cudaSuccess;
}
cudaError_t cudaFree(void* memory) {
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) {
  FAIL_ON_DEMAND("cudaHostAlloc");
  *memory = std::malloc(bytes);
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* memory) { return cudaFree(memory); }

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
  FAIL_ON_DEMAND("cudaMemcpyAsync");
  fake::submit(stream, [=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  FAIL_ON_DEMAND("cudaStreamCreateWithFlags");
  *stream = new CUstream_st;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  FAIL_ON_DEMAND("cudaStreamSynchronize");
  if (const char* late = std::getenv("FAKE_LATE"))
    std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(late)));
  for (const auto& work : stream->pending) work();
  stream->pending.clear();
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  FAIL_ON_DEMAND("cudaStreamBeginCapture");
  stream->recorded = new CUgraph_st;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = std::exchange(stream->recorded, nullptr);
  if (const int status = fake::fault("cudaStreamEndCapture")) {
    delete std::exchange(*graph, nullptr);
    return static_cast<cudaError_t>(status);
  }
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable, cudaGraph_t graph,
                                          unsigned long long) {
  FAIL_ON_DEMAND("cudaGraphInstantiate");
  *executable = new CUgraphExec_st{graph->work};
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  FAIL_ON_DEMAND("cudaGraphLaunch");
  stream->pending.insert(stream->pending.end(), executable->work.begin(), executable->work.end());
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  FAIL_ON_DEMAND("cudaEventCreateWithFlags");
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  fake::submit(stream, [event] { event->time = std::chrono::steady_clock::now(); });
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return cudaSuccess;
}
}
