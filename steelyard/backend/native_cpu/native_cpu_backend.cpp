// SPDX-License-Identifier: Apache-2.0
// Our own engine as a backend: the CPU of this machine, one thread a Session. A compiled model may
// be shared by threads, a Session belongs to one.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "steelyard/backend/registry.h"
#include "steelyard/engine/engine.h"

namespace steelyard {
namespace {

class NativeSession final : public Session {
 public:
  NativeSession(std::unique_ptr<EngineSession> session, Signature signature)
      : session_(std::move(session)),
        signature_(std::move(signature)),
        input_bytes_(signature_.input_bytes()),
        output_bytes_(signature_.output_bytes()) {}

  const Signature& signature() const override { return signature_; }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
    session_->infer({reinterpret_cast<const float*>(in.data()), in.size() / sizeof(float)},
                    {reinterpret_cast<float*>(out.data()), out.size() / sizeof(float)});
  }
  void prepare() override { session_->prepare(); }
  void reset() override { session_->reset(); }

 private:
  std::unique_ptr<EngineSession> session_;
  Signature signature_;
  std::size_t input_bytes_, output_bytes_;
};

// A model with time as its first axis, [window, batch, features], given to the engine as [batch,
// window, features].
class TimeMajorSession final : public Session {
 public:
  TimeMajorSession(std::unique_ptr<EngineSession> session, Signature signature, int batch,
                   int window, int features)
      : inner_(std::move(session), std::move(signature)),
        batch_(static_cast<std::size_t>(batch)),
        window_(static_cast<std::size_t>(window)),
        step_bytes_(static_cast<std::size_t>(features) * sizeof(float)),
        turned_(inner_.signature().input_bytes()) {}

  const Signature& signature() const override { return inner_.signature(); }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), turned_.size(), out.size());
    for (std::size_t t = 0; t < window_; ++t)
      for (std::size_t b = 0; b < batch_; ++b)
        std::memcpy(&turned_[(b * window_ + t) * step_bytes_], &in[(t * batch_ + b) * step_bytes_],
                    step_bytes_);
    inner_.infer(turned_, out);
  }
  void prepare() override { inner_.prepare(); }
  void reset() override { inner_.reset(); }

 private:
  NativeSession inner_;
  std::size_t batch_, window_, step_bytes_;
  std::vector<std::byte> turned_;
};

class NativeModel final : public CompiledModel {
 public:
  NativeModel(const Model& model, const Network& network, std::shared_ptr<const Engine> engine,
              const CompileOptions& options)
      : model_(model),
        batch_first_(network.batch_first),
        window_(network.window > 0 ? network.window : options.window),
        precision_(options.precision),
        engine_(std::move(engine)) {}

  std::unique_ptr<Session> open(int batch) override {
    Signature signature = signature_of(model_, batch, window_);
    auto session = engine_->open(batch, window_);
    if (batch_first_ || batch == 1)
      return std::make_unique<NativeSession>(std::move(session), std::move(signature));
    return std::make_unique<TimeMajorSession>(std::move(session), std::move(signature), batch,
                                              window_, engine_->features());
  }
  Precision precision() const override { return precision_; }

 private:
  Model model_;
  bool batch_first_;
  int window_;
  Precision precision_;
  std::shared_ptr<const Engine> engine_;
};

EngineOptions engine_options(const CompileOptions& options) {
  check_settings("native-cpu", options.settings, {"target"});
  EngineOptions chosen;
  chosen.precision = options.precision;
  chosen.target = std::string(setting(options.settings, "target", ""));
  const auto targets = engine_targets();
  if (!chosen.target.empty() &&
      std::find(targets.begin(), targets.end(), chosen.target) == targets.end())
    throw UsageError(
        fmt::format("native-cpu.target={} is not an instruction set of this CPU", chosen.target),
        fmt::format("there is: {}", fmt::join(targets, ", ")));
  return chosen;
}

class NativeCpuBackend final : public Backend {
 public:
  std::string_view name() const override { return "native-cpu"; }
  Availability availability() const override { return {}; }

  std::vector<Device> devices() const override {
    const auto targets = engine_targets();
    Device device;
    device.backend = "native-cpu";
    device.name = cpu_name();
    device.runtime = fmt::format("Steelyard engine {} ({})", STEELYARD_VERSION,
                                 targets.empty() ? "no instruction set" : targets.front());
    device.physical_id = "cpu";
    device.precisions = {Precision::fp32};
    return {device};
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact*, const Device&,
                                         const CompileOptions& options) const override {
    const EngineOptions chosen = engine_options(options);
    try {
      const Network network = network_of(model);
      return std::make_unique<NativeModel>(model, network, Engine::compile(network, chosen),
                                           options);
    } catch (const Error& e) {
      throw Unsupported(e.what(), e.hint());
    }
  }
};

}  // namespace

std::unique_ptr<Backend> make_native_cpu_backend() { return std::make_unique<NativeCpuBackend>(); }

}  // namespace steelyard
