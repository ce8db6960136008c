// SPDX-License-Identifier: Apache-2.0
// The backend whose devices are profiles: what a device that is not here would take, labelled as
// simulated everywhere. Threading as backend.h says.
#include <fmt/format.h>

#include <mutex>

#include "steelyard/backend/registry.h"
#include "steelyard/backend/simulated/device.h"
#include "steelyard/backend/simulated/instruments.h"
#include "steelyard/backend/simulated/profile.h"

namespace steelyard {

namespace {

using simulated::FoundProfiles;
using simulated::Profile;
using simulated::SimulatedModel;

class SimulatedBackend final : public Backend {
 public:
  std::string_view name() const override { return "simulated"; }

  Availability availability() const override {
    if (!profiles().usable.empty()) return {};
    std::string folders;
    for (const auto& folder : simulated::profile_folders())
      folders += (folders.empty() ? " in " : ", ") + folder.string();
    return {Availability::NoDevice, "no usable device profile was found" + folders,
            "write one (docs/profiles.md) and set STEELYARD_PROFILES to its folder"};
  }

  std::vector<Device> devices() const override {
    std::vector<Device> devices;
    for (const Profile& profile : profiles().usable) {
      Device device;
      device.backend = name();
      device.id = profile.id;
      device.name = profile.name;
      device.runtime = profile.stands_for.runtime;
      device.physical_id = "simulated";
      device.precisions = profile.precisions;
      device.provenance = Provenance::simulated;
      device.stands_for = profile.stands_for;
      devices.push_back(std::move(device));
    }
    return devices;
  }

  std::vector<DeviceListing> unusable() const override {
    std::vector<DeviceListing> listings;
    for (const FoundProfiles::Refused& refused : profiles().refused)
      listings.push_back({refused.id.empty() ? "simulated" : "simulated:" + refused.id,
                          "simulated",
                          "",
                          {Availability::NoDevice, refused.reason, refused.hint},
                          "simulated"});
    return listings;
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact*, const Device& device,
                                         const CompileOptions& options) const override {
    const Profile& profile = profile_of(device);
    for (const Precision precision : profile.precisions)
      if (precision == options.precision)
        return std::make_unique<SimulatedModel>(profile, model, precision, options);
    throw Unsupported(
        fmt::format("simulated:{} does not compute at {}", device.id, to_string(options.precision)),
        fmt::format("choose simulated:{}@{}", device.id, to_string(profile.precisions.front())));
  }

  std::vector<std::unique_ptr<Sensor>> sensors(const Device& device,
                                               CompiledModel* model) const override {
    std::vector<std::unique_ptr<Sensor>> sensors;
    if (auto* loaded = dynamic_cast<SimulatedModel*>(model))
      sensors.push_back(loaded->sensor());
    else
      sensors.push_back(simulated::sensor_of_idle_device(profile_of(device)));
    return sensors;
  }

 private:
  // Found when first asked for, so that commands that need no device read no profile.
  const FoundProfiles& profiles() const {
    std::call_once(once_, [&] { found_ = simulated::find_profiles(simulated::profile_folders()); });
    return found_;
  }

  const Profile& profile_of(const Device& device) const {
    for (const Profile& profile : profiles().usable)
      if (profile.id == device.id) return profile;
    throw Error(fmt::format("There is no usable profile of the simulated device '{}'", device.id),
                "`steelyard devices` lists those that there are");
  }

  mutable std::once_flag once_;
  mutable FoundProfiles found_;
};

}  // namespace

std::unique_ptr<Backend> make_simulated_backend() { return std::make_unique<SimulatedBackend>(); }

}  // namespace steelyard
