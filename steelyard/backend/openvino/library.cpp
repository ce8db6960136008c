// SPDX-License-Identifier: Apache-2.0
// Finding and opening OpenVINO. Thread-safe: everything here is done once.
#include "steelyard/backend/openvino/library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/library_search.h"

namespace steelyard::openvino {
namespace {

namespace fs = std::filesystem;

// The wheel's file carries the version in its name: libopenvino_c.so.2641.
constexpr const char* kName = "libopenvino_c.so";

// The newest of the library's files in that folder; the folder's plain name where there is none.
fs::path newest_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
    if (i->path().filename().string().starts_with(kName)) found.push_back(i->path());
  return found.empty() ? folder / kName : *std::max_element(found.begin(), found.end());
}

std::vector<fs::path> candidates() {
  if (const auto chosen = path_from_environment("STEELYARD_OPENVINO_LIB"); !chosen.empty()) {
    std::error_code ignored;
    return {fs::is_directory(chosen, ignored) ? newest_in(chosen) : chosen};
  }
  const fs::path here = folder_of_module(reinterpret_cast<const void*>(&library));
  return {newest_in(here / "openvino"), newest_in(STEELYARD_OPENVINO_LIB), kName};
}

// "2026.4.1-22982-8a2bb3f-releases/2026/4" -> "2026.4.1"
std::string version_of(const Api& api) {
  ov_version_t version{};
  if (api.ov_get_openvino_version(&version) != ov_status_e::OK) return {};
  std::string text = version.buildNumber;
  api.ov_version_free(&version);
  return text.substr(0, text.find('-'));
}

Library open_library() {
  Library opened;
  void* handle = open_first(candidates(), opened.reason);
  if (handle == nullptr) return opened;
  static Api api;
  for (const auto& [name, place] : std::initializer_list<std::pair<const char*, void**>>{
#define STEELYARD_OPENVINO_PLACE(name) {#name, reinterpret_cast<void**>(&api.name)},
           STEELYARD_OPENVINO_FUNCTIONS(STEELYARD_OPENVINO_PLACE)
#undef STEELYARD_OPENVINO_PLACE
       })
    if ((*place = ::dlsym(handle, name)) == nullptr) {
      opened.reason = ::dlerror();
      return opened;
    }
  opened.version = version_of(api);
  opened.api = &api;
  return opened;
}

std::string one_line(std::string words) {
  std::replace(words.begin(), words.end(), '\n', ' ');
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return words;
}

}  // namespace

const Library& library() {
  static const Library opened = open_library();
  return opened;
}

const Api& ov() {
  const Library& opened = library();
  if (opened.api == nullptr) throw Error("OpenVINO cannot be used: " + opened.reason);
  return *opened.api;
}

ov_core_t* core() {
  static ov_core_t* const made = [] {
    ov_core_t* core = nullptr;
    check(ov().ov_core_create(&core), "start");
    return core;
  }();
  return made;
}

void refuse(ov_status_e status, const std::string& doing) {
  const char* last = ov().ov_get_last_err_msg();
  std::string words = last == nullptr ? "" : last;
  ov().ov_free(last);
  if (words.empty()) words = ov().ov_get_error_info(status);
  const std::string what = fmt::format("OpenVINO cannot {}: {}", doing, one_line(words));
  if (status == ov_status_e::NOT_IMPLEMENTED) throw Unsupported(what);
  throw Error(what);
}

std::string property(const std::string& device, const char* key) {
  char* value = nullptr;
  if (ov().ov_core_get_property(core(), device.c_str(), key, &value) != ov_status_e::OK) return {};
  std::string text = value;
  ov().ov_free(value);
  return text;
}

}  // namespace steelyard::openvino
