// SPDX-License-Identifier: Apache-2.0
// Our own engine as a backend: the CPU of this machine, one thread a Session. A compiled model may
// be shared by threads, a Session belongs to one.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

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

// One time step a query.
class NativeSteps final : public Session {
 public:
  NativeSteps(std::unique_ptr<EngineSession> session, int batch, int features, int outputs)
      : session_(std::move(session)) {
    signature_.inputs = {{"step", ElementType::f32, {batch, 1, features}, 0}};
    signature_.outputs = {{"output", ElementType::f32, {batch, outputs}, 0}};
    input_bytes_ = signature_.input_bytes();
    output_bytes_ = signature_.output_bytes();
  }
  const Signature& signature() const override { return signature_; }
  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
    session_->step({reinterpret_cast<const float*>(in.data()), in.size() / sizeof(float)},
                   {reinterpret_cast<float*>(out.data()), out.size() / sizeof(float)});
  }
  void prepare() override { session_->prepare(); }
  void reset() override { session_->reset(); }

 private:
  std::unique_ptr<EngineSession> session_;
  Signature signature_;
  std::size_t input_bytes_, output_bytes_;
};

// How many share the batch of a Session.
int threads_of(const CompileOptions& options) {
  const auto wanted = setting(options.settings, "threads", "1");
  int threads = 0;
  const char* const end = wanted.data() + wanted.size();
  const auto parsed = std::from_chars(wanted.data(), end, threads);
  if (parsed.ec != std::errc() || parsed.ptr != end || threads < 1 || threads > 1024)
    throw UsageError(fmt::format("native-cpu.threads={} is no number of threads", wanted),
                     "give a number from 1 to 1024");
  return threads;
}

class NativeModel final : public CompiledModel {
 public:
  NativeModel(const Model& model, const Network& network, std::shared_ptr<const Engine> engine,
              const CompileOptions& options)
      : model_(model),
        window_(network.window > 0 ? network.window : options.window),
        threads_(threads_of(options)),
        precision_(options.precision),
        streams_(
            std::none_of(network.layers.begin(), network.layers.end(),
                         [](const auto& layer) { return layer.directions != 1 || layer.reverse; })),
        engine_(std::move(engine)) {}

  std::unique_ptr<Session> open(int batch) override {
    Signature signature = signature_of(model_, batch, window_);
    return std::make_unique<NativeSession>(engine_->open(batch, window_, threads_),
                                           std::move(signature));
  }
  std::unique_ptr<Session> open_steps(int batch) override {
    if (!streams_)
      throw Unsupported("a bidirectional layer needs the whole window, so it cannot stream",
                        "measure this model with another scenario");
    return std::make_unique<NativeSteps>(engine_->open(batch, window_, threads_), batch,
                                         engine_->features(), engine_->outputs());
  }
  Precision precision() const override { return precision_; }

 private:
  Model model_;
  int window_, threads_;
  Precision precision_;
  bool streams_;
  std::shared_ptr<const Engine> engine_;
};

EngineOptions engine_options(const CompileOptions& options) {
  check_settings("native-cpu", options.settings, {"target", "threads"});
  threads_of(options);
  EngineOptions chosen;
  chosen.precision = options.precision;
  chosen.calibration = options.calibration;
  chosen.target = std::string(setting(options.settings, "target", ""));
  const auto targets = engine_targets();
  if (!chosen.target.empty() &&
      std::find(targets.begin(), targets.end(), chosen.target) == targets.end())
    throw UsageError(
        fmt::format("native-cpu.target={} is not an instruction set of this CPU", chosen.target),
        fmt::format("there is: {}", fmt::join(targets, ", ")));
  return chosen;
}

// What the engine will choose when it is not told.
std::string default_target() {
  if (const char* forced = std::getenv("STEELYARD_CPU_TARGET"); forced && *forced) return forced;
  const auto targets = engine_targets();
  return targets.empty() ? "no instruction set" : targets.front();
}

class NativeCpuBackend final : public Backend {
 public:
  std::string_view name() const override { return "native-cpu"; }
  Availability availability() const override { return {}; }

  std::vector<Device> devices() const override {
    Device device;
    device.backend = "native-cpu";
    device.name = cpu_name();
    device.runtime = fmt::format("Steelyard engine {} ({})", STEELYARD_VERSION, default_target());
    device.physical_id = "cpu";
    device.precisions = {Precision::fp32, Precision::bf16, Precision::int8};
    return {device};
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact*, const Device&,
                                         const CompileOptions& options) const override {
    EngineOptions chosen = engine_options(options);
    try {
      const Network network = network_of(model);
      chosen.calibration_window = network.window > 0 ? network.window : options.window;
      auto engine = Engine::compile(network, chosen);
      if (!chosen.target.empty() && engine->target() != chosen.target)
        throw UsageError(
            fmt::format("native-cpu.target={} is overridden by STEELYARD_CPU_TARGET={}",
                        chosen.target, engine->target()),
            "unset STEELYARD_CPU_TARGET");
      return std::make_unique<NativeModel>(model, network, std::move(engine), options);
    } catch (const UsageError&) {
      throw;
    } catch (const Error& e) {
      throw Unsupported(e.what(), e.hint());
    }
  }
};

}  // namespace

std::unique_ptr<Backend> make_native_cpu_backend() { return std::make_unique<NativeCpuBackend>(); }

}  // namespace steelyard
