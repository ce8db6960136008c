// SPDX-License-Identifier: Apache-2.0
// See providers.h. A provider's library is opened by asking ONNX Runtime to prefer it in options
// that no session gets: it says what is missing, and no device wakes up.
#include "steelyard/backend/onnxruntime/providers.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "steelyard/backend/backend.h"

namespace steelyard::onnxruntime {
namespace {

constexpr std::string_view kSuffix = "ExecutionProvider";

struct ReleaseOptions {
  void operator()(OrtCUDAProviderOptionsV2* x) const { ort().ReleaseCUDAProviderOptions(x); }
  void operator()(OrtTensorRTProviderOptionsV2* x) const {
    ort().ReleaseTensorRTProviderOptions(x);
  }
};

void append_cuda(OrtSessionOptions* options, int index, Precision precision) {
  OrtCUDAProviderOptionsV2* made = nullptr;
  check(ort().CreateCUDAProviderOptions(&made), "make options for CUDA");
  const std::unique_ptr<OrtCUDAProviderOptionsV2, ReleaseOptions> owned(made);
  const std::string device = std::to_string(index);
  const std::array keys{"device_id", "use_tf32"};
  const std::array values{device.c_str(), precision == Precision::tf32 ? "1" : "0"};
  check(ort().UpdateCUDAProviderOptions(made, keys.data(), values.data(), keys.size()),
        "set its options for CUDA");
  check(ort().SessionOptionsAppendExecutionProvider_CUDA_V2(options, made), "use CUDA");
}

void append_tensorrt(OrtSessionOptions* options, int index, Precision precision) {
  OrtTensorRTProviderOptionsV2* made = nullptr;
  check(ort().CreateTensorRTProviderOptions(&made), "make options for TensorRT");
  const std::unique_ptr<OrtTensorRTProviderOptionsV2, ReleaseOptions> owned(made);
  const std::string device = std::to_string(index);
  const std::array keys{"device_id", "trt_fp16_enable"};
  const std::array values{device.c_str(), precision == Precision::fp16 ? "1" : "0"};
  check(ort().UpdateTensorRTProviderOptions(made, keys.data(), values.data(), keys.size()),
        "set its options for TensorRT");
  check(ort().SessionOptionsAppendExecutionProvider_TensorRT_V2(options, made), "use TensorRT");
}

void append_named(OrtSessionOptions* options, const Provider& provider) {
  std::string shorter = provider.name;
  if (shorter.ends_with(kSuffix)) shorter.resize(shorter.size() - kSuffix.size());
  check(ort().SessionOptionsAppendExecutionProvider(options, shorter.c_str(), nullptr, nullptr, 0),
        fmt::format("use {}", shorter).c_str());
}

Availability availability_of(const Provider& provider) {
  try {
    OrtSessionOptions* options = nullptr;
    check(ort().CreateSessionOptions(&options), "make options");
    const Owned<OrtSessionOptions> owned(options);
    append(options, provider, 0, Precision::fp32);
  } catch (const Error& e) {
    return {Availability::NoRuntime, e.what(),
            "install what its words name, or use another provider's device"};
  }
  if (provider.on_nvidia() && nvidia_devices().found.empty())
    return {Availability::NoDevice, nvidia_devices().reason,
            "install NVIDIA's driver; `nvidia-smi` shows whether it sees a GPU"};
  return {};
}

std::vector<Provider> find_providers() {
  std::vector<Provider> found;
  environment();  // a provider that is opened logs
  char** names = nullptr;
  int count = 0;
  check(ort().GetAvailableProviders(&names, &count), "list its providers");
  for (int i = 0; i < count; ++i) {
    Provider provider{names[i], names[i], {}};
    // Azure's is a remote service, not a device.
    if (provider.name.starts_with("CPU") || provider.name.starts_with("Azure")) continue;
    if (provider.id.ends_with(kSuffix)) provider.id.resize(provider.id.size() - kSuffix.size());
    for (char& c : provider.id) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    provider.availability = availability_of(provider);
    found.push_back(std::move(provider));
  }
  check(ort().ReleaseAvailableProviders(names, count), "list its providers");
  return found;
}

// The driver's own API, so that nothing of CUDA's runtime is needed to count devices.
NvidiaDevices find_nvidia_devices() {
  NvidiaDevices devices;
  void* driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (driver == nullptr) {
    devices.reason = ::dlerror();
    return devices;
  }
  const auto init = reinterpret_cast<int (*)(unsigned)>(::dlsym(driver, "cuInit"));
  const auto count_of = reinterpret_cast<int (*)(int*)>(::dlsym(driver, "cuDeviceGetCount"));
  const auto name_of =
      reinterpret_cast<int (*)(char*, int, int)>(::dlsym(driver, "cuDeviceGetName"));
  const auto bus_of =
      reinterpret_cast<int (*)(char*, int, int)>(::dlsym(driver, "cuDeviceGetPCIBusId"));
  int count = 0;
  if (init == nullptr || count_of == nullptr || name_of == nullptr || bus_of == nullptr)
    devices.reason = "libcuda.so.1 lacks a function that lists devices";
  else if (const int status = init(0); status != 0)
    devices.reason = fmt::format("NVIDIA's driver does not start (cuInit: {})", status);
  else if (count_of(&count) != 0 || count == 0)
    devices.reason = "NVIDIA's driver finds no device";
  for (int i = 0; i < count; ++i) {
    char name[256] = "", bus[32] = "";
    if (name_of(name, sizeof name, i) == 0 && bus_of(bus, sizeof bus, i) == 0)
      devices.found.push_back({i, name, bus});
  }
  return devices;
}

}  // namespace

const std::vector<Provider>& providers() {
  static const std::vector<Provider> found = find_providers();
  return found;
}

const Provider* provider_of(const std::string& device_id) {
  const std::string id = device_id.substr(0, device_id.find('.'));
  const auto found = std::find_if(providers().begin(), providers().end(),
                                  [&](const Provider& provider) { return provider.id == id; });
  return found == providers().end() ? nullptr : &*found;
}

const NvidiaDevices& nvidia_devices() {
  static const NvidiaDevices found = find_nvidia_devices();
  return found;
}

void append(OrtSessionOptions* options, const Provider& provider, int index, Precision precision) {
  if (provider.id == "cuda")
    append_cuda(options, index, precision);
  else if (provider.id == "tensorrt")
    append_tensorrt(options, index, precision);
  else
    append_named(options, provider);
}

}  // namespace steelyard::onnxruntime
