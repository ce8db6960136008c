// SPDX-License-Identifier: Apache-2.0
// Finding and opening TensorRT. Thread-safe: everything here is done once.
#include "steelyard/backend/tensorrt/libraries.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "steelyard/backend/tensorrt/version.h"
#include "steelyard/base/error.h"

namespace steelyard::tensorrt {
namespace {

namespace fs = std::filesystem;

// What is remembered of a failure: TensorRT can say a great deal.
constexpr std::size_t kMostWords = 2000;

template <class Function>
bool find(void* library, const char* name, Function& function, std::string& reason) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) reason = ::dlerror();
  return function != nullptr;
}

fs::path folder_of(const void* address) {
  Dl_info info{};
  if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
  return fs::path(info.dli_fname).parent_path();
}

Libraries open_all() {
  Libraries opened;
  const std::string infer = fmt::format("libnvinfer.so.{}", kMajor);
  const std::string parser = fmt::format("libnvonnxparser.so.{}", kMajor);
  const char* variable = "STEELYARD_TENSORRT_LIB";
  void* library = open_library(variable, {infer.c_str()}, opened.reason);
  if (library == nullptr) return opened;
  std::int32_t (*number)() = nullptr;
  if (!find(library, "getInferLibVersion", number, opened.reason) ||
      !find(library, "createInferBuilder_INTERNAL", opened.create_builder, opened.reason) ||
      !find(library, "createInferRuntime_INTERNAL", opened.create_runtime, opened.reason))
    return opened;
  opened.number = number();
  opened.version = version_from(opened.number);
  opened.folder = folder_of(reinterpret_cast<const void*>(number));
  if (!is_recent_enough(opened.number)) {
    opened.reason =
        fmt::format("TensorRT {} is too old: {} is needed", opened.version, kOldestVersion);
    return opened;
  }
  void* second = open_library(variable, {parser.c_str()}, opened.reason);
  if (second != nullptr)
    find(second, "createNvOnnxParser_INTERNAL", opened.create_parser, opened.reason);
  return opened;
}

}  // namespace

void* open_library(const char* variable, std::initializer_list<const char*> names,
                   std::string& reason) {
  const char* chosen = std::getenv(variable);
  const bool everywhere = chosen == nullptr || *chosen == '\0';
  std::error_code ignored;
  for (const char* name : names) {
    fs::path file = everywhere ? fs::path(name) : fs::path(chosen);
    if (!everywhere && fs::is_directory(file, ignored)) file /= name;
    if (void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
      reason.clear();
      return handle;
    }
    // The first name is the newest; a file that is there but does not load is the answer.
    const char* words = ::dlerror();
    if (reason.empty() || fs::exists(file, ignored)) reason = words;
  }
  return nullptr;
}

void Words::log(Severity severity, const char* text) noexcept {
  if (severity > Severity::kERROR) return;
  const std::lock_guard lock(mutex_);
  if (text_.size() > kMostWords) return;
  try {
    if (!text_.empty()) text_ += "; ";
    for (const char* c = text; *c != '\0'; ++c) text_ += *c == '\n' ? ' ' : *c;
  } catch (const std::bad_alloc&) {
    // Without its words, the failure itself is still reported.
  }
}

std::string Words::take(std::string_view otherwise) {
  const std::lock_guard lock(mutex_);
  std::string said = std::exchange(text_, {});
  return said.empty() ? std::string(otherwise) : said;
}

Words& words() {
  // TensorRT keeps its address for as long as the process lives.
  static Words* const kept = new Words;
  return *kept;
}

const Libraries& libraries() {
  static const Libraries opened = open_all();
  return opened;
}

nvinfer1::IRuntime& runtime() {
  static nvinfer1::IRuntime* const made = [] {
    nvinfer1::IRuntime* created = libraries().create_runtime(&words(), libraries().number);
    if (created == nullptr) throw Error("TensorRT cannot start: " + words().take());
    return created;
  }();
  return *made;
}

}  // namespace steelyard::tensorrt
