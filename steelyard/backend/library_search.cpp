// SPDX-License-Identifier: Apache-2.0
// See library_search.h.
#include "steelyard/backend/library_search.h"

#include <dlfcn.h>

#include <cstdlib>

namespace steelyard {

namespace fs = std::filesystem;

fs::path path_from_environment(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

fs::path folder_of_module(const void* inside) {
  Dl_info info{};
  if (::dladdr(inside, &info) == 0 || info.dli_fname == nullptr) return {};
  return fs::path(info.dli_fname).parent_path();
}

void* open_first(const std::vector<fs::path>& candidates, std::string& reason) {
  for (const fs::path& file : candidates) {
    std::error_code ignored;
    const bool here = file.has_parent_path() && fs::exists(file, ignored);
    if (void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) return handle;
    reason = ::dlerror();
    if (here) return nullptr;
  }
  return nullptr;
}

}  // namespace steelyard
