// SPDX-License-Identifier: Apache-2.0
// Devices, memory, streams and launches through the CUDA runtime. Thread-safe.
#include "steelyard/engine/cuda/runtime.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <vector>

#include "steelyard/base/error.h"
#include "steelyard/engine/cuda/kernels.h"

namespace steelyard::cuda {
namespace {

// Kept until the process ends: objects with static life may still give memory back.
struct Pool {
  std::mutex mutex;
  std::map<std::tuple<Memory::Place, int, std::size_t>, std::vector<void*>> memory;
  std::map<int, std::vector<StreamHandle>> streams;
  std::set<int> loaded;
};
Pool& pool() {
  static Pool& pool = *new Pool;
  return pool;
}

// Powers of two up to a mebibyte, then whole mebibytes: few sizes, so that reuse is likely.
std::size_t size_class(std::size_t bytes) {
  constexpr std::size_t mebibyte = 1 << 20;
  if (bytes > mebibyte) return (bytes + mebibyte - 1) / mebibyte * mebibyte;
  std::size_t size = 4096;
  while (size < bytes) size *= 2;
  return size;
}

cudaError_t allocate(Memory::Place place, std::size_t bytes, void** data) {
  if (place == Memory::Place::device) return cudaMalloc(data, bytes);
  return cudaHostAlloc(data, bytes, cudaHostAllocMapped | cudaHostAllocPortable);
}

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

CudaStatus status_of(cudaError_t status) {
  switch (status) {
    case cudaSuccess:
      return {};
    case cudaErrorInsufficientDriver: {
      int driver = 0, runtime = 0;
      cudaDriverGetVersion(&driver);
      cudaRuntimeGetVersion(&runtime);
      if (driver == 0)
        return {CudaStatus::no_runtime, "there is no NVIDIA driver on this machine",
                "install NVIDIA's driver (libcuda.so.1) if there is an NVIDIA GPU"};
      return {CudaStatus::no_runtime,
              "the NVIDIA driver knows CUDA up to " + version_text(driver) + ", this build needs " +
                  version_text(runtime),
              "install a newer NVIDIA driver"};
    }
    case cudaErrorNoDevice:
      return {CudaStatus::no_device, "the NVIDIA driver found no GPU",
              "check that nvidia-smi lists one and that CUDA_VISIBLE_DEVICES does not hide it"};
    default:
      return {CudaStatus::no_runtime,
              std::string("CUDA does not start: ") + cudaGetErrorString(status),
              "check that nvidia-smi works"};
  }
}

}  // namespace

void check(int status, const char* doing) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // the next call must not report it again
  throw Error(std::string("the GPU refused while ") + doing + ": " +
                  cudaGetErrorString(static_cast<cudaError_t>(status)) + ".",
              status == cudaErrorMemoryAllocation ? "Choose a smaller batch, or free GPU memory."
                                                  : "Check the GPU with nvidia-smi.");
}

void use_device(int device) {
  check(cudaSetDevice(device), "choosing the device");
  const std::lock_guard lock(pool().mutex);
  if (!pool().loaded.insert(device).second) return;
  cudaSetDeviceFlags(cudaDeviceScheduleSpin | cudaDeviceMapHost);
  cudaGetLastError();  // another user of this process has started the device with his own flags
  for (const void* kernel : all_kernels()) {
    cudaFuncAttributes attributes;
    check(cudaFuncGetAttributes(&attributes, kernel), "loading its kernels");
  }
}

Memory::Memory(Place place, int device, std::size_t bytes)
    : place_(place), device_(device), bytes_(size_class(bytes)) {
  const std::lock_guard lock(pool().mutex);
  auto& free = pool().memory[{place, device, bytes_}];
  if (!free.empty()) {
    data_ = free.back();
    free.pop_back();
    return;
  }
  check(allocate(place, bytes_, &data_), "taking memory");
}

Memory::~Memory() {
  if (data_ == nullptr) return;
  const std::lock_guard lock(pool().mutex);
  pool().memory[{place_, device_, bytes_}].push_back(data_);
}

Memory uploaded(int device, const void* data, std::size_t bytes) {
  Memory memory(Memory::Place::device, device, std::max<std::size_t>(bytes, 1));
  const Stream stream(device);
  check(cudaMemcpyAsync(memory.as<void>(), data, bytes, cudaMemcpyHostToDevice, stream.handle()),
        "copying weights");
  stream.synchronize();
  return memory;
}

Memory zeroed(int device, std::size_t bytes) { return uploaded(device, std::vector<char>(bytes)); }

Stream::Stream(int device) : device_(device) {
  const std::lock_guard lock(pool().mutex);
  auto& free = pool().streams[device];
  if (!free.empty()) {
    handle_ = free.back();
    free.pop_back();
    return;
  }
  check(cudaStreamCreateWithFlags(&handle_, cudaStreamNonBlocking), "making a stream");
}

Stream::~Stream() {
  if (handle_ == nullptr) return;
  const std::lock_guard lock(pool().mutex);
  pool().streams[device_].push_back(handle_);
}

bool Stream::idle() const {
  const cudaError_t status = cudaStreamQuery(handle_);
  if (status == cudaErrorNotReady) return false;
  check(status, "computing");
  return true;
}

void Stream::synchronize() const { check(cudaStreamSynchronize(handle_), "computing"); }

void clear(const Memory& memory, const Stream& stream) {
  check(cudaMemsetAsync(memory.as<void>(), 0, memory.bytes(), stream.handle()), "clearing memory");
}

Graph::~Graph() {
  if (exec_ != nullptr) cudaGraphExecDestroy(exec_);
}

void Graph::begin(StreamHandle stream) {
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording a graph");
}

void Graph::cancel(StreamHandle stream) {
  cudaGraph_t graph = nullptr;
  cudaStreamEndCapture(stream, &graph);
  if (graph != nullptr) cudaGraphDestroy(graph);
  cudaGetLastError();
}

void Graph::end(StreamHandle stream) {
  cudaGraph_t graph = nullptr;
  check(cudaStreamEndCapture(stream, &graph), "recording a graph");
  const cudaError_t status = cudaGraphInstantiate(&exec_, graph, 0);
  cudaGraphDestroy(graph);
  check(status, "recording a graph");
}

void Graph::launch(StreamHandle stream) const {
  check(cudaGraphLaunch(exec_, stream), "starting a graph");
}

Reach reach_of(const void* memory) {
  cudaPointerAttributes attributes{};
  if (cudaPointerGetAttributes(&attributes, memory) != cudaSuccess) {
    cudaGetLastError();
    return Reach::none;
  }
  if (attributes.devicePointer != memory) return Reach::none;
  if (attributes.type == cudaMemoryTypeDevice) return Reach::near;
  return attributes.type == cudaMemoryTypeHost ? Reach::far : Reach::none;
}

namespace {

cudaLaunchConfig_t config_of(const Launch& launch, cudaLaunchAttribute& attribute) {
  cudaLaunchConfig_t config{};
  config.gridDim = {launch.blocks_x, launch.blocks_y, 1};
  config.blockDim = {launch.threads, 1, 1};
  config.dynamicSmemBytes = launch.shared_bytes;
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim = {launch.cluster, 1, 1};
  config.attrs = &attribute;
  config.numAttrs = launch.cluster > 1 ? 1 : 0;
  return config;
}

}  // namespace

void launch(const Launch& launch, const void* args, StreamHandle stream) {
  cudaLaunchAttribute attribute{};
  cudaLaunchConfig_t config = config_of(launch, attribute);
  config.stream = stream;
  void* pointers[] = {const_cast<void*>(args)};
  check(cudaLaunchKernelExC(&config, launch.kernel, pointers), "starting a kernel");
}

void allow_shared(const void* kernel, std::size_t bytes) {
  if (bytes <= 40 * 1024) return;
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(bytes)),
        "taking shared memory");
}

int blocks_per_processor(const void* kernel, int threads, std::size_t shared_bytes) {
  int blocks = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, threads, shared_bytes),
        "asking how many blocks fit");
  return std::max(blocks, 1);
}

bool cluster_fits(const Launch& launch) {
  cudaLaunchAttribute attribute{};
  const cudaLaunchConfig_t config = config_of(launch, attribute);
  int clusters = 0;
  const cudaError_t status = cudaOccupancyMaxActiveClusters(&clusters, launch.kernel, &config);
  if (status != cudaSuccess) cudaGetLastError();
  return status == cudaSuccess && clusters > 0;
}

std::vector<const void*> all_kernels() {
  std::vector<const void*> all{dense_kernel()};
  for (const auto& kernels : {warp_kernels(), block_kernels(), cluster_kernels(), stack_kernels(),
                              tick_kernels(), tile_kernels()})
    for (const Kernel& kernel : kernels) all.push_back(kernel.function);
  for (const MatrixKernel& kernel : matrix_kernels()) all.push_back(kernel.function);
  for (const int gates : {1, 3, 4})
    for (const int windows : {1, kLayerWindows}) all.push_back(layer_kernel(gates, windows));
  return all;
}

}  // namespace steelyard::cuda

namespace steelyard {

CudaStatus cuda_status() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  cudaGetLastError();
  return cuda::status_of(status == cudaSuccess && count == 0 ? cudaErrorNoDevice : status);
}

std::vector<CudaDevice> cuda_devices() {
  std::vector<CudaDevice> devices;
  int count = 0, driver = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) count = 0;
  cudaGetLastError();
  cudaDriverGetVersion(&driver);
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties;
    if (cudaGetDeviceProperties(&properties, i) != cudaSuccess) continue;
    CudaDevice device;
    device.index = i;
    device.name = properties.name;
    char bus[32] = "";
    cudaDeviceGetPCIBusId(bus, sizeof bus, i);
    device.bus = bus;
    device.driver = cuda::version_text(driver);
    device.major = properties.major;
    device.minor = properties.minor;
    device.processors = properties.multiProcessorCount;
    device.shared_bytes = int(properties.sharedMemPerBlockOptin);
    int watched = 0;
    cudaDeviceGetAttribute(&watched, cudaDevAttrKernelExecTimeout, i);
    device.watched = watched != 0;
    devices.push_back(device);
  }
  cudaGetLastError();
  return devices;
}

std::shared_ptr<float[]> cuda_pinned(std::size_t floats) {
  auto memory = std::make_shared<cuda::Memory>(cuda::Memory::Place::pinned, 0,
                                               std::max<std::size_t>(floats, 1) * sizeof(float));
  return {memory, memory->as<float>()};
}

}  // namespace steelyard
