// SPDX-License-Identifier: Apache-2.0
// Our own engine on NVIDIA GPUs as a backend module. The CUDA runtime is linked in and opens the
// driver itself, so the module loads on machines without one and says so. Thread-safe.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/native_cuda/settings.h"
#include "steelyard/engine/cuda/cuda_engine.h"

namespace steelyard::native_cuda {
namespace {

class CudaBackendSession final : public Session {
 public:
  CudaBackendSession(std::unique_ptr<CudaSession> session, Signature signature)
      : session_(std::move(session)),
        signature_(std::move(signature)),
        input_bytes_(signature_.input_bytes()),
        output_bytes_(signature_.output_bytes()) {}

  const Signature& signature() const override { return signature_; }
  void prepare() override { session_->prepare(); }
  void reset() override { session_->reset(); }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
    session_->infer({reinterpret_cast<const float*>(in.data()), in.size() / sizeof(float)},
                    {reinterpret_cast<float*>(out.data()), out.size() / sizeof(float)});
  }

 private:
  std::unique_ptr<CudaSession> session_;
  Signature signature_;
  std::size_t input_bytes_, output_bytes_;
};

class CudaModel final : public CompiledModel {
 public:
  CudaModel(const Model& model, const Network& network, std::shared_ptr<const CudaEngine> engine,
            const CompileOptions& options)
      : inputs_(model.inputs),
        outputs_(model.outputs),
        window_(network.window > 0 ? network.window : options.window),
        precision_(options.precision),
        streams_(std::none_of(
            network.layers.begin(), network.layers.end(),
            [](const Recurrent& layer) { return layer.directions != 1 || layer.reverse; })),
        engine_(std::move(engine)) {}

  std::unique_ptr<Session> open(int batch) override {
    Signature signature{static_shapes(inputs_, batch, window_),
                        static_shapes(outputs_, batch, window_)};
    return std::make_unique<CudaBackendSession>(engine_->open(batch, window_),
                                                std::move(signature));
  }
  // One time step a query, its state on the device.
  std::unique_ptr<Session> open_steps(int batch) override {
    Signature signature;
    signature.inputs = {{"step", ElementType::f32, {batch, 1, engine_->features()}, 0}};
    signature.outputs = {{"output", ElementType::f32, {batch, engine_->outputs()}, 0}};
    if (!streams_)
      throw Unsupported("a bidirectional layer needs the whole window, so it cannot stream",
                        "measure this model with another scenario");
    return std::make_unique<CudaBackendSession>(engine_->open_steps(batch), std::move(signature));
  }
  Precision precision() const override { return precision_; }

 private:
  std::vector<TensorInfo> inputs_, outputs_;
  int window_;
  Precision precision_;
  bool streams_;
  std::shared_ptr<const CudaEngine> engine_;
};

int index_of(const Device& device) {
  int index = 0;
  std::from_chars(device.id.data(), device.id.data() + device.id.size(), index);
  return index;
}

class NativeCudaBackend final : public Backend {
 public:
  std::string_view name() const override { return "native-cuda"; }

  Availability availability() const override {
    const CudaStatus status = cuda_status();
    switch (status.kind) {
      case CudaStatus::ready:
        return {};
      case CudaStatus::no_runtime:
        return {Availability::NoRuntime, status.reason, status.hint};
      case CudaStatus::no_device:
        return {Availability::NoDevice, status.reason, status.hint};
    }
    return {};
  }

  std::vector<Device> devices() const override {
    std::vector<Device> devices;
    if (cuda_status().kind != CudaStatus::ready) return devices;
    for (const CudaDevice& found : cuda_devices()) {
      Device device;
      device.backend = "native-cuda";
      device.id = std::to_string(found.index);
      device.name = found.name;
      device.runtime = fmt::format("Steelyard CUDA engine {} (sm_{}{}, driver's CUDA {})",
                                   STEELYARD_VERSION, found.major, found.minor, found.driver);
      device.physical_id = "pci-" + found.bus;
      device.precisions = {Precision::fp32, Precision::fp16, Precision::bf16, Precision::int8};
      devices.push_back(std::move(device));
    }
    return devices;
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact*, const Device& device,
                                         const CompileOptions& options) const override {
    const CudaOptions chosen = options_from(options, index_of(device));
    const auto supported = [&](auto&& work) {
      try {
        return work();
      } catch (const Error& e) {
        throw Unsupported(e.what(), e.hint());
      }
    };
    const Network network = supported([&] { return network_of(model); });
    supported([&] {
      check_cuda_network(network);
      return 0;
    });
    return std::make_unique<CudaModel>(model, network, CudaEngine::compile(network, chosen),
                                       options);
  }
};

}  // namespace
}  // namespace steelyard::native_cuda

STEELYARD_BACKEND_MODULE(steelyard::native_cuda::NativeCudaBackend, "native-cuda")
