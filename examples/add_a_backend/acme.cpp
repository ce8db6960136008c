// SPDX-License-Identifier: Apache-2.0
// A backend for the Acme 1, an accelerator that does not exist: its "driver" is Steelyard's own
// engine. Replace the lines marked with (driver) by calls of a real SDK, and keep the rest.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/engine/engine.h"

namespace {

using namespace steelyard;

// One query in flight, with buffers of its own: nothing is allocated in infer().
class AcmeSession final : public Session {
 public:
  AcmeSession(std::unique_ptr<EngineSession> driver, Signature signature)
      : driver_(std::move(driver)),
        signature_(std::move(signature)),
        in_(signature_.input_bytes() / sizeof(float)),
        out_(signature_.output_bytes() / sizeof(float)) {}

  const Signature& signature() const override { return signature_; }

  // Timed from the caller's memory to the caller's memory, so the copies belong here.
  void infer(std::span<const std::byte> in, std::span<std::byte> out) override {
    check_sizes(in.size(), out.size(), in_.size() * sizeof(float), out_.size() * sizeof(float));
    std::memcpy(in_.data(), in.data(), in.size());
    driver_->infer(in_, out_);  // (driver)
    std::memcpy(out.data(), out_.data(), out.size());
  }

 private:
  std::unique_ptr<EngineSession> driver_;
  Signature signature_;
  std::vector<float> in_, out_;
};

class AcmeModel final : public CompiledModel {
 public:
  AcmeModel(const Model& model, int window) : model_(model), window_(window) {
    const Network network = network_of(model);
    if (const std::string more = beyond_plain(network); !more.empty())
      throw Error("Acme runs whole windows from zero states, and this model " + more,
                  "use another device");
    driver_ = Engine::compile(network);  // (driver)
  }

  std::unique_ptr<Session> open(int batch) override {
    Signature signature = signature_of(model_, batch, window_);
    return std::make_unique<AcmeSession>(driver_->open(batch, window_), std::move(signature));
  }

 private:
  Model model_;
  int window_;
  std::shared_ptr<const Engine> driver_;
};

class Acme final : public Backend {
 public:
  std::string_view name() const override { return "acme"; }

  // Open the vendor's library with dlopen here, and answer NoRuntime with dlerror()'s words when it
  // is missing, NoDevice when it is there and finds nothing. Start no device.
  Availability availability() const override { return {}; }

  std::vector<Device> devices() const override {
    Device device;
    device.backend = "acme";
    device.id = "0";  // with the backend it makes the SPEC acme:0
    device.name = "Acme 1";
    device.runtime = "Acme SDK 1.0";
    device.physical_id = "cpu";  // what it shares its silicon with
    device.precisions = {Precision::fp32};
    return {device};
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact*, const Device&,
                                         const CompileOptions& options) const override {
    // `--set acme.boost=on`; anything else is refused by name.
    check_settings("acme", options.settings, {"boost"});
    const auto boost = setting(options.settings, "boost", "off");
    if (boost != "on" && boost != "off")
      throw UsageError("acme.boost cannot be '" + std::string(boost) + "'", "it is on or off");
    try {
      return std::make_unique<AcmeModel>(model, options.window);
    } catch (const Error& e) {
      throw Unsupported(e.what(), e.hint());  // a skipped row of the report, not a failed one
    }
  }
};

}  // namespace

STEELYARD_BACKEND_MODULE(Acme, "acme")
