// SPDX-License-Identifier: Apache-2.0
// How modules find a vendor's library: where the user says, beside the module, where the build
// found it, where the loader looks. Thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace steelyard {

// A value that is set and not empty.
std::filesystem::path path_from_environment(const char* variable);

// The folder of the module that has this address in it.
std::filesystem::path folder_of_module(const void* inside);

// Opens the first of `candidates` that the loader takes, for good; a bare name makes it search its
// own path. A file that is there but does not load ends the search, because going on would hide
// it. Null with the loader's words in `reason`.
void* open_first(const std::vector<std::filesystem::path>& candidates, std::string& reason);

}  // namespace steelyard
