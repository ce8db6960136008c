// SPDX-License-Identifier: Apache-2.0
// Where profiles lie, and which of them can be used.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "steelyard/backend/simulated/profile.h"
#include "steelyard/base/error.h"

namespace steelyard::simulated {

namespace {

// A device id is part of a SPEC, where these characters mean something else.
constexpr const char* kForbiddenInIds = "/:@, \t";

std::vector<std::filesystem::path> profiles_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error))
    if (each->path().extension() == ".toml") files.push_back(each->path());
  std::sort(files.begin(), files.end());
  return files;
}

void check_id(const std::filesystem::path& file) {
  const std::string id = file.stem().string();
  if (id.find_first_of(kForbiddenInIds) != std::string::npos)
    throw Error(fmt::format("The file name of the profile {} cannot be a device id: it holds one "
                            "of the characters / : @ , or a blank",
                            file.string()),
                "rename the file");
}

}  // namespace

FoundProfiles find_profiles(const std::vector<std::filesystem::path>& folders) {
  FoundProfiles found;
  std::set<std::string> seen;
  for (const auto& folder : folders) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
      found.refused.push_back(
          {"", fmt::format("The folder of profiles {} is not there", folder.string()),
           "correct STEELYARD_PROFILES, or remove it"});
    for (const auto& file : profiles_in(folder)) {
      const std::string id = file.stem().string();
      if (!seen.insert(id).second) continue;
      try {
        check_id(file);
        found.usable.push_back(load_profile(file));
      } catch (const Error& error) {
        found.refused.push_back({id, error.what(), error.hint()});
      }
    }
  }
  return found;
}

std::vector<std::filesystem::path> profile_folders() {
  std::vector<std::filesystem::path> folders;
  if (const char* list = std::getenv("STEELYARD_PROFILES")) {
    std::string rest = list;
    while (!rest.empty()) {
      const std::size_t colon = rest.find(':');
      const std::string folder = rest.substr(0, colon);
      if (!folder.empty()) folders.emplace_back(folder);
      rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    }
  }
  std::error_code error;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto shipped = binary.parent_path().parent_path() / "share" / "steelyard" / "profiles";
  if (!error && std::filesystem::is_directory(shipped, error)) folders.push_back(shipped);
  return folders;
}

}  // namespace steelyard::simulated
