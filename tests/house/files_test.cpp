// SPDX-License-Identifier: Apache-2.0
// How files and folders are named, and how they begin.
#include <gtest/gtest.h>

#include <set>

#include "tests/house/sources.h"

namespace steelyard::house {
namespace {

constexpr const char* kLicence = "SPDX-License-Identifier: Apache-2.0";

const Tree& tree() {
  static const Tree tree = read_tree();
  return tree;
}

// Files that people write and that can hold a comment.
bool is_source(const fs::path& file) {
  static const std::set<std::string> suffixes = {".cmake", ".py", ".sh", ".toml", ".in"};
  return is_cpp(file) || suffixes.count(file.extension().string()) > 0 ||
         file.filename() == "CMakeLists.txt" || text_of(file).starts_with("#!");
}

std::string head_of(const fs::path& file) {
  std::string text = text_of(file);
  if (text.starts_with("#!")) text.erase(0, text.find('\n') + 1);
  return text.substr(0, text.find('\n'));
}

TEST(House, EverySourceFileBeginsWithItsLicence) {
  std::size_t seen = 0;
  for (const fs::path& file : tree().files) {
    // Data of tests is compared byte for byte, so it stays as it is.
    if (!is_source(file) || file.string().starts_with("tests/data/") ||
        file.string().starts_with("tests/golden/"))
      continue;
    EXPECT_NE(head_of(file).find(kLicence), std::string::npos) << file;
    ++seen;
  }
  EXPECT_GT(seen, 50u);
}

TEST(House, EveryHeaderIsGuardedByPragmaOnce) {
  for (const fs::path& file : tree().files) {
    // Highway's per-target headers are meant to be read once for every instruction set.
    if (file.extension() != ".h" || file.string().ends_with("-inl.h")) continue;
    EXPECT_NE(text_of(file).find("\n#pragma once\n"), std::string::npos) << file;
  }
}

TEST(House, NothingIsNamedAfterHavingNoJob) {
  static const std::set<std::string> jobless = {"util", "utils", "common", "helper", "helpers",
                                                "misc", "core",  "detail", "shared", "stuff"};
  for (const fs::path& folder : tree().folders)
    EXPECT_EQ(jobless.count(folder.filename().string()), 0u) << folder;
  for (const fs::path& file : tree().files)
    EXPECT_EQ(jobless.count(file.stem().string()), 0u) << file;
}

TEST(House, CodeIsNamedInSmallLetters) {
  const auto small = [](const std::string& name) {
    return std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
    });
  };
  for (const fs::path& file : tree().files) {
    // A vendor's header is replaced by one of the same name.
    const bool stands_in = file.extension() == ".h" && file.string().starts_with("tests/fakes/");
    if (is_cpp(file) && !stands_in) {
      EXPECT_TRUE(small(file.filename().string())) << file;
    }
  }
}

TEST(House, TestsMirrorTheRooms) {
  static const std::set<std::string> others = {"contract", "golden", "cli",     "house",
                                               "fakes",    "data",   "browser", "fuzz"};
  for (const fs::path& folder : tree().folders) {
    if (folder.parent_path() != "tests") continue;
    const std::string name = folder.filename().string();
    EXPECT_TRUE(others.count(name) > 0 || fs::is_directory(kRoot / "steelyard" / name)) << folder;
  }
}

}  // namespace
}  // namespace steelyard::house
