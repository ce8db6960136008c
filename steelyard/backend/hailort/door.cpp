// SPDX-License-Identifier: Apache-2.0
// The hailort module: finds HailoRT's library, asks its version, and opens the adapter that was
// built for exactly that one (the library's SONAME is its full version, so no other would load).
// Adapters come from `steelyard build-backend hailort`. Thread-safe.
#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/hailort/adapters.h"
#include "steelyard/backend/library_search.h"

namespace steelyard::hailo {
namespace {

namespace fs = std::filesystem;

fs::path folder_of_this_module() {
  static const int inside = 0;
  return folder_of_module(&inside);
}

struct Adapter {
  std::string version;  // "4.23.0"
  fs::path file;
};
std::vector<Adapter> adapters() {
  std::vector<Adapter> found;
  for (const fs::path& folder : {folder_of_this_module() / "hailort", adapter_folder_of_user()}) {
    std::error_code error;
    for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
      const std::string name = i->path().stem().string();
      if (name.starts_with(kAdapterPrefix) && i->path().extension() == ".so")
        found.push_back({name.substr(kAdapterPrefix.size()), i->path()});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Adapter& a, const Adapter& b) { return a.version > b.version; });
  return found;
}

void* open_library(std::string& reason) {
  // Its log would land in the user's folder; both are read when the library is loaded.
  ::setenv("HAILORT_LOGGER_PATH", "NONE", 0);
  ::setenv("HAILORT_CONSOLE_LOGGER_LEVEL", "critical", 0);
  fs::path file = path_from_environment("STEELYARD_HAILORT_LIB");
  if (std::error_code ignored; file.empty() || fs::is_directory(file, ignored))
    file /= "libhailort.so";
  return open_first({file}, reason);
}

std::string version_of(void* library) {
  struct Version {
    std::uint32_t major, minor, revision;
  } version{};
  const auto ask =
      reinterpret_cast<int (*)(Version*)>(::dlsym(library, "hailo_get_library_version"));
  if (ask == nullptr || ask(&version) != 0) return {};
  return fmt::format("{}.{}.{}", version.major, version.minor, version.revision);
}

std::string versions_of(const std::vector<Adapter>& built) {
  std::vector<std::string_view> versions;
  for (const Adapter& adapter : built) versions.push_back(adapter.version);
  return fmt::format("{}", fmt::join(versions, ", "));
}

struct Opened {
  std::unique_ptr<Backend> backend;
  Availability why;
};

Opened open() {
  const std::string build = "steelyard build-backend hailort";
  const auto built = adapters();
  std::string reason;
  void* const library = open_library(reason);
  if (library == nullptr) {
    if (!built.empty())
      reason = fmt::format("the adapter was built for HailoRT {}; {}", versions_of(built), reason);
    return {nullptr,
            {Availability::NoRuntime, reason,
             "install HailoRT (Raspberry Pi OS: sudo apt install dkms hailo-all), then " + build}};
  }
  const std::string version = version_of(library);
  if (version.empty())
    return {nullptr, {Availability::NoRuntime, "libhailort.so does not say its version", ""}};
  const auto fits = std::find_if(built.begin(), built.end(),
                                 [&](const Adapter& a) { return a.version == version; });
  if (fits == built.end() && built.empty())
    return {
        nullptr,
        {Availability::NotBuilt,
         fmt::format("HailoRT {} is installed, and no adapter was built for it", version), build}};
  if (fits == built.end())
    return {nullptr,
            {Availability::NoRuntime,
             fmt::format("HailoRT {} is installed, the adapter was built for {}", version,
                         versions_of(built)),
             build}};
  const OpenedModule module = open_module(fits->file);
  if (module.header == nullptr) return {nullptr, {Availability::NoRuntime, module.reason, build}};
  return {reinterpret_cast<BackendFactory>(module.header->entry)(), {}};
}

const Opened& opened() {
  static const Opened found = open();
  return found;
}

class Door final : public Backend {
 public:
  std::string_view name() const override { return "hailort"; }
  std::string_view artefact_kind() const override { return "hef"; }

  Availability availability() const override {
    return opened().backend ? opened().backend->availability() : opened().why;
  }
  std::vector<Device> devices() const override {
    return opened().backend ? opened().backend->devices() : std::vector<Device>{};
  }
  std::vector<DeviceListing> unusable() const override {
    return opened().backend ? opened().backend->unusable() : std::vector<DeviceListing>{};
  }
  std::unique_ptr<CompiledModel> compile(const Model& model, const Artefact* artefact,
                                         const Device& device,
                                         const CompileOptions& options) const override {
    return ready().compile(model, artefact, device, options);
  }
  std::vector<std::unique_ptr<Sensor>> sensors(const Device& device,
                                               CompiledModel* model) const override {
    return ready().sensors(device, model);
  }
  std::vector<std::string> describe(const fs::path& artefact) const override {
    return ready().describe(artefact);
  }

 private:
  static const Backend& ready() {
    if (opened().backend == nullptr) throw Unsupported(opened().why.reason, opened().why.hint);
    return *opened().backend;
  }
};

}  // namespace
}  // namespace steelyard::hailo

STEELYARD_BACKEND_MODULE(steelyard::hailo::Door, "hailort")
