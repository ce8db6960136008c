// SPDX-License-Identifier: Apache-2.0
// Our own engine as a backend: the CPU of this machine, one thread a Session. A compiled model may
// be shared by threads, a Session belongs to one.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "steelyard/backend/native_cpu/packed_query.h"
#include "steelyard/backend/registry.h"
#include "steelyard/engine/engine.h"

namespace steelyard {
namespace {

class NativeSession final : public Session {
 public:
  NativeSession(std::unique_ptr<EngineSession> session, Signature signature, const Network& network,
                int batch)
      : session_(std::move(session)),
        signature_(std::move(signature)),
        input_bytes_(signature_.input_bytes()),
        output_bytes_(signature_.output_bytes()),
        query_(signature_, network, batch) {}

  const Signature& signature() const override { return signature_; }

  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
    if (!query_.has_more()) return session_->infer(query_.windows(in), query_.answers(out));
    session_->infer(query_.windows(in), query_.answers(out), query_.take(in));
    query_.give(out);
  }
  void prepare() override { session_->prepare(); }
  void reset() override { session_->reset(); }

 private:
  std::unique_ptr<EngineSession> session_;
  Signature signature_;
  std::size_t input_bytes_, output_bytes_;
  native_cpu::PackedQuery query_;
};

// One time step a query. States that go in are the caller's in the first query after reset(), then
// those that the query before has left.
class NativeSteps final : public Session {
 public:
  NativeSteps(std::unique_ptr<EngineSession> session, Signature signature, const Network& network,
              int batch)
      : session_(std::move(session)),
        signature_(std::move(signature)),
        input_bytes_(signature_.input_bytes()),
        output_bytes_(signature_.output_bytes()),
        query_(signature_, network, batch),
        begins_anew_(query_.has_states_in()) {}

  const Signature& signature() const override { return signature_; }
  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), input_bytes_, output_bytes_);
    if (begins_anew_) session_->reset(query_.take(in).before);
    begins_anew_ = false;
    session_->step(query_.windows(in), query_.answers(out), query_.after());
    query_.give(out);
  }
  void prepare() override {
    if (!begins_anew_) session_->prepare();
  }
  void reset() override {
    session_->reset();
    begins_anew_ = query_.has_states_in();
  }

 private:
  std::unique_ptr<EngineSession> session_;
  Signature signature_;
  std::size_t input_bytes_, output_bytes_;
  native_cpu::PackedQuery query_;
  bool begins_anew_;
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

// What sessions need of a network: how it is made up, without its weights.
Network outline_of(Network network) {
  for (Recurrent& layer : network.layers)
    for (auto* weights : {&layer.w, &layer.r, &layer.b}) *weights = {};
  for (Dense& dense : network.head) dense.w = dense.b = {};
  return network;
}

class NativeModel final : public CompiledModel {
 public:
  NativeModel(const Model& model, const Network& network, std::shared_ptr<const Engine> engine,
              const CompileOptions& options)
      : model_(model),
        network_(outline_of(network)),
        window_(network.window > 0 ? network.window : options.window),
        threads_(threads_of(options)),
        precision_(options.precision),
        engine_(std::move(engine)) {}

  std::unique_ptr<Session> open(int batch) override {
    return std::make_unique<NativeSession>(open_engine(batch), signature(batch), network_, batch);
  }
  std::unique_ptr<Session> open_steps(int batch) override {
    for (const Recurrent& layer : network_.layers)
      if (layer.directions != 1 || layer.reverse)
        throw Unsupported("a bidirectional layer needs the whole window, so it cannot stream",
                          "measure this model with another scenario");
    if (network_.ends_early())
      throw Unsupported(
          "a model that takes the lengths of windows needs them whole, so it cannot "
          "stream",
          "measure this model with another scenario");
    return std::make_unique<NativeSteps>(
        open_engine(batch), native_cpu::signature_of_steps(signature(batch), network_, batch),
        network_, batch);
  }
  Precision precision() const override { return precision_; }

 private:
  std::unique_ptr<EngineSession> open_engine(int batch) const {
    const bool states = !network_.states_in.empty() || !network_.states_out.empty();
    return engine_->open(batch, window_, threads_, states);
  }
  Signature signature(int batch) const {
    Signature signature = signature_of(model_, batch, window_);
    native_cpu::complete(signature, network_, batch, window_);
    return signature;
  }

  Model model_;
  Network network_;
  int window_, threads_;
  Precision precision_;
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

std::string forced_target() {
  const char* forced = std::getenv("STEELYARD_CPU_TARGET");
  return forced != nullptr ? forced : "";
}

// What the engine will choose when it is not told.
std::string default_target() {
  if (std::string forced = forced_target(); !forced.empty()) return forced;
  const auto targets = engine_targets();
  return targets.empty() ? "no instruction set" : targets.front();
}

class NativeCpuBackend final : public Backend {
 public:
  std::string_view name() const override { return "native-cpu"; }
  Availability availability() const override {
    const std::string forced = forced_target();
    const auto targets = engine_targets();
    if (forced.empty() || std::find(targets.begin(), targets.end(), forced) != targets.end())
      return {};
    return {
        Availability::NoDevice,
        fmt::format("this CPU has no instruction set called '{}', which STEELYARD_CPU_TARGET "
                    "asks for",
                    forced),
        fmt::format("unset STEELYARD_CPU_TARGET, or choose one of {}", fmt::join(targets, ", "))};
  }

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
