// SPDX-License-Identifier: Apache-2.0
// See versions.h.
#include "steelyard/backend/versions.h"

#include <utility>

namespace steelyard {
namespace {

class Versions final : public Backend {
 public:
  explicit Versions(std::vector<std::unique_ptr<Backend>> all) : all_(std::move(all)) {}

  std::string_view name() const override { return all_.front()->name(); }

  Availability availability() const override {
    Availability none;
    for (const auto& version : all_) {
      Availability own = version->availability();
      if (own.kind == Availability::Ready) return own;
      // A library without a device is nearer to working than no library.
      if (none.reason.empty() ||
          (none.kind == Availability::NoRuntime && own.kind == Availability::NoDevice))
        none = std::move(own);
      else if (none.kind == own.kind && none.reason != own.reason)
        none.reason += "; " + own.reason;
    }
    return none;
  }

  std::vector<Device> devices() const override { return ready().devices(); }
  std::vector<DeviceListing> unusable() const override { return ready().unusable(); }
  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact* artefact,
                                         const Device& device,
                                         const CompileOptions& options) const override {
    return ready().compile(model, artefact, device, options);
  }
  std::vector<std::unique_ptr<Sensor>> sensors(const Device& device,
                                               CompiledModel* model) const override {
    return ready().sensors(device, model);
  }

 private:
  const Backend& ready() const {
    for (const auto& version : all_)
      if (version->availability().kind == Availability::Ready) return *version;
    return *all_.front();
  }

  std::vector<std::unique_ptr<Backend>> all_;
};

}  // namespace

std::unique_ptr<Backend> any_of_versions(std::vector<std::unique_ptr<Backend>> all) {
  return std::make_unique<Versions>(std::move(all));
}

}  // namespace steelyard
