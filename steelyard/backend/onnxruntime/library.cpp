// SPDX-License-Identifier: Apache-2.0
// Finding and opening ONNX Runtime. Thread-safe: everything here is done once.
#include "steelyard/backend/onnxruntime/library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/library_search.h"

namespace steelyard::onnxruntime {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNames[] = {"libonnxruntime.so.1", "libonnxruntime.so"};

// What to hand to the loader, in order. A bare name makes it search its own path.
std::vector<fs::path> candidates() {
  std::vector<fs::path> files;
  const auto add_folder = [&](const fs::path& folder) {
    for (const char* name : kNames) files.push_back(folder / name);
  };
  if (const auto chosen = path_from_environment("STEELYARD_ONNXRUNTIME_LIB"); !chosen.empty()) {
    std::error_code ignored;
    if (fs::is_directory(chosen, ignored))
      add_folder(chosen);
    else
      files.push_back(chosen);
    return files;
  }
  add_folder(folder_of_module(reinterpret_cast<const void*>(&library)));
  add_folder(STEELYARD_ONNXRUNTIME_LIB);
  for (const char* name : kNames) files.push_back(name);
  return files;
}

Library open_library() {
  Library opened;
  void* handle = open_first(candidates(), opened.reason);
  if (handle == nullptr) return opened;
  const auto entry =
      reinterpret_cast<const OrtApiBase*(ORT_API_CALL*)()>(::dlsym(handle, "OrtGetApiBase"));
  if (entry == nullptr) {
    opened.reason = ::dlerror();
    return opened;
  }
  const OrtApiBase* base = entry();
  opened.version = base->GetVersionString();
  // Asked first, because GetApi() of an older library complains on stderr.
  int major = 0, minor = 0;
  std::sscanf(opened.version.c_str(), "%d.%d", &major, &minor);
  if (major == 1 && minor >= kApi) opened.api = base->GetApi(kApi);
  if (opened.api == nullptr)
    opened.reason =
        fmt::format("ONNX Runtime {} does not have version {} of the C API", opened.version, kApi);
  return opened;
}

thread_local Log* heard_by = nullptr;

}  // namespace

void keep(const char* message) {
  if (heard_by != nullptr) heard_by->lines_.emplace_back(message);
}

Log::Log() { heard_by = this; }
Log::~Log() { heard_by = nullptr; }

namespace {

void ORT_API_CALL hear(void*, OrtLoggingLevel, const char*, const char*, const char*,
                       const char* message) {
  keep(message);
}

}  // namespace

const Library& library() {
  static const Library opened = open_library();
  return opened;
}

const OrtApi& ort() {
  const Library& opened = library();
  if (opened.api == nullptr) throw Error("ONNX Runtime cannot be used: " + opened.reason);
  return *opened.api;
}

OrtEnv* environment() {
  // Never released: its end at process exit would race with threads of the library.
  static OrtEnv* const made = [] {
    OrtEnv* env = nullptr;
    // Errors come as statuses, with the same words.
    check(
        ort().CreateEnvWithCustomLogger(&hear, nullptr, ORT_LOGGING_LEVEL_ERROR, "steelyard", &env),
        "start");
    check(ort().DisableTelemetryEvents(env), "switch its telemetry off");
    return env;
  }();
  return made;
}

void check(OrtStatus* status, const char* doing) {
  if (status == nullptr) [[likely]]
    return;
  const OrtErrorCode code = ort().GetErrorCode(status);
  std::string words = ort().GetErrorMessage(status);
  ort().ReleaseStatus(status);
  std::replace(words.begin(), words.end(), '\n', ' ');
  const std::string what = fmt::format("ONNX Runtime cannot {}: {}", doing, words);
  if (code == ORT_NOT_IMPLEMENTED) throw Unsupported(what);
  throw Error(what);
}

}  // namespace steelyard::onnxruntime
