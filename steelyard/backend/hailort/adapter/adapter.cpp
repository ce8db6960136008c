// SPDX-License-Identifier: Apache-2.0
// Hailo's accelerators as a backend, compiled against one version of HailoRT; ../door.cpp opens the
// one that fits the library of this host. Thread-safe.
#include <fmt/format.h>

#include "steelyard/backend/hailort/adapter/chip.h"
#include "steelyard/backend/hailort/adapter/hef.h"
#include "steelyard/backend/hailort/adapter/monitor.h"
#include "steelyard/backend/hailort/adapter/session.h"

namespace steelyard::hailo {
namespace {

std::string library_version() {
  hailo_version_t version{};
  check(hailo_get_library_version(&version), "say its version");
  return fmt::format("{}.{}.{}", version.major, version.minor, version.revision);
}

HefSettings settings_of(const CompileOptions& options) {
  check_settings("hailort", options.settings, {"io", "monitor"});
  const auto io = setting(options.settings, "io", "float");
  if (io != "float" && io != "raw")
    throw UsageError(fmt::format("hailort.io cannot be '{}'", io),
                     "it is float (HailoRT quantises on the CPU, inside the timed region) or raw "
                     "(bytes, quantised before)");
  const auto monitor = setting(options.settings, "monitor", "on");
  if (monitor != "on" && monitor != "off")
    throw UsageError(fmt::format("hailort.monitor cannot be '{}'", monitor),
                     "it is on (HailoRT's scheduler says the utilisation) or off");
  return {monitor == "on", io == "raw"};
}

class Hailort final : public Backend {
 public:
  std::string_view name() const override { return "hailort"; }
  std::string_view artefact_kind() const override { return "hef"; }

  Availability availability() const override {
    try {
      const auto found = chips();
      for (const Chip& chip : found)
        if (chip.refusal.kind == Availability::Ready) return {};
      if (!found.empty()) return found.front().refusal;
    } catch (const Error& e) {
      return {Availability::NoDevice, e.what(), e.hint()};
    }
    return {
        Availability::NoDevice, "HailoRT " + library_version() + " finds no device",
        "`lspci -d 1e60:` shows whether it is plugged in, `modinfo hailo_pci` whether the driver "
        "is there; on a Raspberry Pi 5: sudo apt install dkms hailo-all, then reboot"};
  }

  std::vector<Device> devices() const override {
    std::vector<Device> devices;
    const auto found = chips();
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].refusal.kind != Availability::Ready) continue;
      Device device;
      device.backend = "hailort";
      device.id = std::to_string(i);
      device.name = found[i].name;
      device.runtime = fmt::format("HailoRT {}, firmware {}", library_version(), found[i].firmware);
      device.physical_id = "pci-" + found[i].id;
      device.precisions = {Precision::int8};
      devices.push_back(std::move(device));
    }
    return devices;
  }

  std::vector<DeviceListing> unusable() const override {
    std::vector<DeviceListing> listings;
    try {
      const auto found = chips();
      for (std::size_t i = 0; i < found.size(); ++i)
        if (found[i].refusal.kind != Availability::Ready)
          listings.push_back({fmt::format("hailort:{}", i), "hailort", "", found[i].refusal,
                              "pci-" + found[i].id});
    } catch (const Error&) {
      // availability() says it.
    }
    return listings;
  }

  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact* artefact,
                                         const Device& device,
                                         const CompileOptions& options) const override {
    const HefSettings settings = settings_of(options);
    const auto hef = artefact != nullptr && artefact->kind == "hef"
                         ? std::filesystem::path(artefact->path)
                         : std::filesystem::path(model.path).replace_extension(".hef");
    if (std::error_code none; !std::filesystem::exists(hef, none))
      throw Unsupported(
          fmt::format("a Hailo device runs a HEF, and there is no {}", hef.string()),
          fmt::format("steelyard convert {} --to hailort:{}", model.path.string(), device.id));
    watch_scheduler(settings.monitor);
    return compile_for(model, hef, device.physical_id.substr(4), options.window, settings);
  }

  std::vector<std::unique_ptr<Sensor>> sensors(const Device& device,
                                               CompiledModel* model) const override {
    std::vector<std::unique_ptr<Sensor>> sensors;
    if (auto* const opened = dynamic_cast<HefModel*>(model)) {
      sensors.push_back(make_instruments(opened->owner(), opened->chip()));
    } else {
      std::shared_ptr<hailort::Device> chip = open_chip(device.physical_id.substr(4));
      sensors.push_back(make_instruments(chip, *chip));
    }
    return sensors;
  }

  std::vector<std::string> describe(const std::filesystem::path& artefact) const override {
    return describe_hef(artefact);
  }
};

}  // namespace
}  // namespace steelyard::hailo

STEELYARD_BACKEND_MODULE(steelyard::hailo::Hailort, "hailort")
