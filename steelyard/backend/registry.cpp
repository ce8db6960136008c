// SPDX-License-Identifier: Apache-2.0
// The list of backends. A built-in one is a line in built_ins(), a module of ours a line in
// kModules; anybody else's module is found because it lies in the folder. Read-only once built.
#include "steelyard/backend/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <utility>

#include "steelyard/backend/versions.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

// Real devices come before simulated ones wherever devices are listed.
constexpr auto kBefore = {make_native_cpu_backend};
constexpr auto kAfter = {make_simulated_backend, make_null_backend};

// Modules that come with Steelyard, and how to get one that was not built.
struct KnownModule {
  std::string_view name;
  std::string_view hint;
};
constexpr KnownModule kModules[] = {
    {"onnxruntime", "run ./tools/setup, which brings ONNX Runtime, then build again"},
    {"hailort", "build again"},
    {"openvino", "run ./tools/setup, which brings OpenVINO, then build again"},
    {"native-cuda", "run ./tools/cuda-setup, which brings a CUDA compiler, then build again"},
    {"tensorrt",
     "install TensorRT's headers (libnvinfer-headers-dev, libnvonnxparsers-dev) and CUDA's, or "
     "configure with -DSTEELYARD_TENSORRT=FOLDER, then build again"},
};

Registry::Entry opened(const fs::path& file) {
  Registry::Entry entry{file.stem().string(), nullptr, {}};
  const OpenedModule module = open_module(file);
  if (module.header == nullptr) {
    entry.unusable = {Availability::NoRuntime, module.reason,
                      fmt::format("build {} again together with this program, or remove it",
                                  file.filename().string())};
    return entry;
  }
  try {
    entry.backend = reinterpret_cast<BackendFactory>(module.header->entry)();
    entry.name = std::string(entry.backend->name());
  } catch (const std::exception& e) {
    entry.unusable = {Availability::NoRuntime, fmt::format("{}: {}", file.string(), e.what()), ""};
  }
  return entry;
}

// "tensorrt-10.so" -> {"tensorrt", 10}; 0 for names that do not end in a number.
std::pair<std::string, int> versioned(const fs::path& file) {
  const std::string stem = file.stem().string();
  const auto dash = stem.rfind('-');
  const int version = dash == stem.npos ? 0 : std::atoi(stem.c_str() + dash + 1);
  return {version == 0 ? stem : stem.substr(0, dash), version};
}

// Modules of several versions of one runtime lie side by side, and become one backend.
std::vector<Registry::Entry> opened_in(const std::vector<fs::path>& files) {
  std::vector<Registry::Entry> entries;
  std::map<std::string, std::vector<std::unique_ptr<Backend>>> versions;
  for (const fs::path& file : files) {
    Registry::Entry entry = opened(file);
    if (versioned(file).second == 0 || entry.backend == nullptr) {
      entries.push_back(std::move(entry));
      continue;
    }
    auto& same = versions[entry.name];
    if (same.empty()) entries.push_back({entry.name, nullptr, {}});
    same.push_back(std::move(entry.backend));
  }
  for (Registry::Entry& entry : entries)
    if (const auto found = versions.find(entry.name);
        entry.backend == nullptr && found != versions.end())
      entry.backend = found->second.size() == 1 ? std::move(found->second.front())
                                                : any_of_versions(std::move(found->second));
  return entries;
}

std::vector<fs::path> module_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
    if (i->path().extension() == ".so") files.push_back(i->path());
  // The newest version of a runtime first.
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    const auto [name_a, version_a] = versioned(a);
    const auto [name_b, version_b] = versioned(b);
    return name_a != name_b ? name_a < name_b : version_a > version_b;
  });
  return files;
}

std::string text_of(const std::vector<Precision>& precisions) {
  std::vector<std::string_view> names;
  for (const Precision precision : precisions) names.push_back(to_string(precision));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string spec_of(const Device& device) {
  return to_string(Spec{"", device.backend, device.id, std::nullopt});
}

const Device& choose(const std::vector<Device>& devices, const Spec& spec) {
  if (spec.device.empty()) return devices.front();
  std::vector<std::string> specs;
  for (const Device& device : devices) {
    if (device.id == spec.device) return device;
    specs.push_back(spec_of(device));
  }
  throw UsageError(fmt::format("{} has no device '{}'", spec.backend, spec.device),
                   fmt::format("there is: {}", fmt::join(specs, ", ")));
}

}  // namespace

const Registry& Registry::instance() {
  static const Registry registry(module_folder() / "backends");
  return registry;
}

Registry::Registry(const fs::path& modules) {
  const auto add = [this](Entry entry) {
    for (const Entry& other : entries_)
      if (other.name == entry.name) return;  // the first of a name stands, built-ins before modules
    entries_.push_back(std::move(entry));
  };
  const auto add_built_in = [&](auto make) {
    auto backend = make();
    std::string name(backend->name());
    add({std::move(name), std::move(backend), {}});
  };
  for (const auto make : kBefore) add_built_in(make);
  for (Entry& entry : opened_in(module_files(modules))) add(std::move(entry));
  for (const KnownModule& known : kModules)
    add({std::string(known.name),
         nullptr,
         {Availability::NotBuilt,
          fmt::format("there is no {}", (modules / known.name).string() + ".so"),
          std::string(known.hint)}});
  for (const auto make : kAfter) add_built_in(make);
}

const Registry::Entry& Registry::find(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries_) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw UsageError(fmt::format("there is no backend '{}'", name),
                   fmt::format("there is: {}", fmt::join(names, ", ")));
}

Registry::Found Registry::resolve(const Spec& spec) const {
  if (!spec.host.empty())
    throw UsageError(fmt::format("'{}' names another host", to_string(spec)),
                     "only devices of this machine can be measured");
  const Entry& entry = find(spec.backend);
  if (entry.backend != nullptr && !spec.device.empty())
    for (const DeviceListing& broken : entry.backend->unusable())
      if (broken.spec == to_string(Spec{"", spec.backend, spec.device, std::nullopt}))
        throw NotReady(broken.availability);
  if (Availability availability = entry.availability(); availability.kind != Availability::Ready)
    throw NotReady(std::move(availability));
  const std::vector<Device> devices = entry.backend->devices();
  if (devices.empty())
    throw NotReady({Availability::NoDevice, fmt::format("{} found no device", entry.name), ""});
  Found found{entry.backend.get(), choose(devices, spec), Precision::fp32};
  const std::vector<Precision>& precisions = found.device.precisions;
  found.precision =
      spec.precision.value_or(precisions.empty() ? Precision::fp32 : precisions.front());
  if (std::find(precisions.begin(), precisions.end(), found.precision) == precisions.end())
    throw UsageError(
        fmt::format("{} does not compute in {}", spec_of(found.device), to_string(found.precision)),
        fmt::format("its precisions are: {}", text_of(precisions)));
  return found;
}

std::vector<DeviceListing> Registry::list() const {
  std::vector<DeviceListing> listings;
  for (const Entry& entry : entries_) {
    Availability availability = entry.availability();
    std::vector<Device> devices;
    if (availability.kind == Availability::Ready) {
      devices = entry.backend->devices();
      if (devices.empty())
        availability = {Availability::NoDevice, fmt::format("{} found no device", entry.name), ""};
    }
    for (const Device& device : devices)
      listings.push_back({spec_of(device), device.backend, device.name, availability,
                          device.physical_id, device.runtime, device.precisions});
    if (devices.empty()) listings.push_back({entry.name, entry.name, "", availability, ""});
    if (entry.backend != nullptr)
      for (DeviceListing& broken : entry.backend->unusable()) listings.push_back(std::move(broken));
  }
  return listings;
}

}  // namespace steelyard
