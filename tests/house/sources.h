// SPDX-License-Identifier: Apache-2.0
// The files of this repository, for tests that read them. Build folders are left out.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace steelyard::house {

namespace fs = std::filesystem;

inline const fs::path kRoot = STEELYARD_SOURCE;

inline bool is_foreign(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name == ".git" || name == "build" || fs::exists(folder / "CMakeCache.txt");
}

struct Tree {
  std::vector<fs::path> files, folders;  // relative to the root, sorted
};

inline Tree read_tree(const fs::path& below = {}) {
  Tree tree;
  for (fs::recursive_directory_iterator i(kRoot / below), end; i != end; ++i) {
    if (i->is_directory() && is_foreign(i->path())) {
      i.disable_recursion_pending();
      continue;
    }
    auto& list = i->is_directory() ? tree.folders : tree.files;
    list.push_back(fs::relative(i->path(), kRoot));
  }
  std::sort(tree.files.begin(), tree.files.end());
  std::sort(tree.folders.begin(), tree.folders.end());
  return tree;
}

inline std::string text_of(const fs::path& file) {
  std::ifstream in(kRoot / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline bool is_cpp(const fs::path& file) {
  const std::string suffix = file.extension().string();
  return suffix == ".h" || suffix == ".cpp" || suffix == ".cu" || suffix == ".cuh";
}

}  // namespace steelyard::house
