// SPDX-License-Identifier: Apache-2.0
// Opening our own modules (lib/steelyard/train.so, lib/steelyard/backends/*.so). A module exports
// one C function that returns a ModuleHeader; its API number and compiler ABI are compared before
// any C++ call is made into it. Modules stay loaded until the process ends, because objects made by
// them may outlive every handle.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace steelyard {

// Raised whenever a struct or class that crosses the module boundary changes.
inline constexpr int kModuleApi = 2;

// The compiler ABI that both sides must share, e.g. "g++12 cxx11abi=1".
#define STEELYARD_STRINGIZE_(x) #x
#define STEELYARD_STRINGIZE(x) STEELYARD_STRINGIZE_(x)
inline constexpr const char* kModuleAbi =
#if defined(_GLIBCXX_USE_CXX11_ABI)
    "itanium " STEELYARD_STRINGIZE(__GXX_ABI_VERSION) " libstdc++ cxx11=" STEELYARD_STRINGIZE(
        _GLIBCXX_USE_CXX11_ABI);
#else
    "itanium " STEELYARD_STRINGIZE(__GXX_ABI_VERSION) " libc++";
#endif

// Plain C data, safe to read whatever compiler made it. `entry` is a function pointer whose type
// the loading room knows.
struct ModuleHeader {
  int api;
  const char* abi;
  const char* name;
  void (*entry)();
};

// The name of the C function that every module exports: `extern "C" const steelyard::ModuleHeader*
// steelyard_module()`.
inline constexpr const char* kModuleSymbol = "steelyard_module";

// What became of opening a module: a header that may be used, or the loader's own words.
struct OpenedModule {
  const ModuleHeader* header = nullptr;  // null when it cannot be used
  std::string reason;                    // why not, e.g. dlerror()'s text; empty when it can
  bool missing = false;                  // there is no such file
};
OpenedModule open_module(const std::filesystem::path& file);

// The folder of our modules: $STEELYARD_MODULES, else lib/steelyard beside the folder of the
// running binary (build/bin -> build/lib/steelyard; PREFIX/bin -> PREFIX/lib/steelyard).
std::filesystem::path module_folder();

}  // namespace steelyard
