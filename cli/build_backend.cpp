// SPDX-License-Identifier: Apache-2.0
// `steelyard build-backend`: compiles an adapter that must fit the SDK of this very machine, from
// the sources that were installed with the program.
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>

#include "cli/commands.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "steelyard/base/clock.h"
#include "steelyard/base/module.h"

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;

struct Sdk {
  std::string version;  // "4.23.0"
  fs::path library;     // its real file
};

Sdk find_sdk(const fs::path& library) {
  // No log of its may land in the user's folder.
  ::setenv("HAILORT_LOGGER_PATH", "NONE", 0);
  const fs::path wanted = library.empty() ? fs::path("libhailort.so") : fs::absolute(library);
  void* const handle = ::dlopen(wanted.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr)
    throw Error(fmt::format("HailoRT's library does not open: {}", ::dlerror()),
                "install HailoRT (Raspberry Pi OS: sudo apt install dkms hailo-all), or name it: "
                "--library FILE");
  struct Version {
    std::uint32_t major, minor, revision;
  } version{};
  void* const symbol = ::dlsym(handle, "hailo_get_library_version");
  Dl_info info{};
  if (symbol == nullptr || reinterpret_cast<int (*)(Version*)>(symbol)(&version) != 0 ||
      ::dladdr(symbol, &info) == 0)
    throw Error(fmt::format("{} does not say its version", wanted.string()),
                "name HailoRT's library: --library FILE");
  if (version.major != 4)
    throw Error(fmt::format("HailoRT {}.{}.{} does not serve Hailo-8 and Hailo-8L", version.major,
                            version.minor, version.revision),
                "install HailoRT 4.20 to 4.23");
  return {fmt::format("{}.{}.{}", version.major, version.minor, version.revision),
          fs::canonical(info.dli_fname)};
}

fs::path include_folder(const fs::path& chosen) {
  for (const fs::path& folder : {chosen, fs::path("/usr/include"), fs::path("/usr/local/include")})
    if (!folder.empty() && fs::exists(folder / "hailo/hailort.hpp")) return fs::absolute(folder);
  throw Error("HailoRT's header hailo/hailort.hpp is not there",
              "it comes with HailoRT's own package; or name its folder: --include FOLDER");
}

std::vector<std::string> sources_in(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
    if (i->path().extension() == ".cpp") files.push_back(i->path().string());
  if (files.empty())
    throw Error(fmt::format("there are no sources in {}", folder.string()),
                "install Steelyard with its headers: cmake --install build --prefix PREFIX");
  std::sort(files.begin(), files.end());
  return files;
}

fs::path output_folder(const fs::path& chosen) {
  fs::path folder = chosen;
  if (folder.empty()) folder = module_folder() / "backends/hailort";
  std::error_code error;
  fs::create_directories(folder, error);
  if (::access(folder.c_str(), W_OK) == 0) return fs::absolute(folder);
  if (!chosen.empty())
    throw Error(fmt::format("{} cannot be written", chosen.string()), "choose another --output");
  const char* const data = std::getenv("XDG_DATA_HOME");
  const char* const home = std::getenv("HOME");
  folder = data != nullptr && *data != '\0'
               ? fs::path(data)
               : fs::path(home == nullptr ? "." : home) / ".local/share";
  folder /= "steelyard/backends/hailort";
  fs::create_directories(folder, error);
  if (::access(folder.c_str(), W_OK) != 0)
    throw Error(fmt::format("{} cannot be written", folder.string()),
                "choose one: --output FOLDER");
  return folder;
}

// The line that says what is wrong, not those that lead to it.
std::string first_error(const std::string& output) {
  const auto found = output.find("error:");
  const auto begin = found == output.npos ? 0 : output.rfind('\n', found) + 1;
  return output.substr(begin, std::min<std::size_t>(output.find('\n', begin) - begin, 400));
}

}  // namespace

int execute(const BuildBackend& words) {
  if (words.name != "hailort")
    throw UsageError(fmt::format("the backend '{}' is not built on the spot", words.name),
                     "there is: hailort");
  const nanoseconds begin = MonotonicClock::read();
  const Sdk sdk = find_sdk(words.library);
  const fs::path prefix = module_folder().parent_path().parent_path();
  const fs::path adapters = prefix / "share/steelyard/adapters";
  const fs::path file = output_folder(words.output) / fmt::format("adapter-{}.so", sdk.version);
  std::vector<std::string> command{"c++",      "-std=c++20",
                                   "-O2",      "-fPIC",
                                   "-shared",  "-fvisibility=hidden",
                                   "-w",       "-DFMT_HEADER_ONLY",
                                   "-I",       (prefix / "include").string(),
                                   "-I",       adapters.string(),
                                   "-isystem", include_folder(words.include).string(),
                                   "-o",       file.string() + ".part"};
  for (auto& source : sources_in(adapters / "steelyard/backend/hailort/adapter"))
    command.push_back(std::move(source));
  for (const std::string& last :
       {"-L" + (prefix / "lib").string(), std::string("-lsteelyard"), sdk.library.string(),
        "-Wl,-rpath," + (prefix / "lib").string() + ":" + sdk.library.parent_path().string()})
    command.push_back(last);
  talk(fmt::format("building the adapter for HailoRT {} ...", sdk.version));
  const Ran ran = run_program(command);
  if (ran.status == 127)
    throw Error("there is no C++ compiler", "install one: sudo apt install g++ libfmt-dev");
  if (ran.status != 0)
    throw Error(fmt::format("the compiler refuses the adapter: {}", first_error(ran.output)),
                "it needs g++ 12 or later, libfmt-dev, and the headers of this very HailoRT");
  fs::rename(file.string() + ".part", file);
  print(fmt::format("{}  HailoRT {}, {:.0f} s\n", file.string(), sdk.version,
                    seconds_of(MonotonicClock::read() - begin)));
  return 0;
}

}  // namespace steelyard::cli
