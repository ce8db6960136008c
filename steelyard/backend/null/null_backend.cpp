// SPDX-License-Identifier: Apache-2.0
// A device that answers nothing in no time: what is left when it is measured is the harness itself.
// It has the signature of any model. Thread-safe.
#include <fmt/format.h>

#include "steelyard/backend/registry.h"

namespace steelyard {
namespace {

class NullSession final : public Session {
 public:
  explicit NullSession(Signature signature) : signature_(std::move(signature)) {}
  const Signature& signature() const override { return signature_; }
  // Sizes are not checked: every instruction here would be charged to the harness.
  void infer(std::span<const std::byte>, std::span<std::byte>) override {}

 private:
  Signature signature_;
};

class NullModel final : public CompiledModel {
 public:
  NullModel(const Model& model, int window) : model_(model), window_(window) {}
  std::unique_ptr<Session> open(int batch) override {
    return std::make_unique<NullSession>(signature_of(model_, batch, window_));
  }

 private:
  Model model_;
  int window_;
};

class NullBackend final : public Backend {
 public:
  std::string_view name() const override { return "null"; }
  Availability availability() const override { return {}; }
  std::vector<Device> devices() const override {
    Device device;
    device.backend = "null";
    device.name = "nothing (what the harness itself costs)";
    device.runtime = "null";
    device.physical_id = "cpu";
    device.precisions = {Precision::fp32};
    return {device};
  }
  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact*, const Device&,
                                         const CompileOptions& options) const override {
    check_settings(name(), options.settings, {});
    return std::make_unique<NullModel>(model, options.window);
  }
};

}  // namespace

std::unique_ptr<Backend> make_null_backend() { return std::make_unique<NullBackend>(); }

}  // namespace steelyard
