// SPDX-License-Identifier: Apache-2.0
// Opening modules with dlopen.
#include "steelyard/base/module.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

namespace steelyard {

OpenedModule open_module(const std::filesystem::path& file) {
  OpenedModule opened;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    opened.missing = true;
    opened.reason = file.string() + " is not there";
    return opened;
  }
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    opened.reason = ::dlerror();
    return opened;
  }
  using Function = const ModuleHeader* (*)();
  const auto function = reinterpret_cast<Function>(::dlsym(handle, kModuleSymbol));
  if (function == nullptr) {
    opened.reason =
        file.string() + " is not a Steelyard module: it does not export " + kModuleSymbol;
    return opened;
  }
  const ModuleHeader* header = function();
  if (header == nullptr || header->api != kModuleApi) {
    opened.reason = file.string() + " was built for module API " +
                    (header ? std::to_string(header->api) : "?") + ", this program has API " +
                    std::to_string(kModuleApi);
    return opened;
  }
  if (header->abi == nullptr || std::strcmp(header->abi, kModuleAbi) != 0) {
    opened.reason = file.string() + " was built for the compiler ABI '" +
                    (header->abi ? header->abi : "?") + "', this program for '" + kModuleAbi + "'";
    return opened;
  }
  opened.header = header;
  return opened;
}

std::filesystem::path module_folder() {
  if (const char* folder = std::getenv("STEELYARD_MODULES"); folder != nullptr && *folder != '\0')
    return folder;
  std::error_code error;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", error);
  return binary.parent_path().parent_path() / "lib" / "steelyard";
}

}  // namespace steelyard
