// SPDX-License-Identifier: Apache-2.0
// A TOML file as a plain tree in which every value knows its key and its line, so that a profile
// can be refused by line. The only door to the TOML library. Plain data.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace steelyard::simulated {

struct Item {
  enum class Kind { table, array, text, number, other };
  Kind kind = Kind::other;
  std::string key;   // last part: "per_node"; empty for the file itself and for array elements
  std::string path;  // from the top: "latency.per_node"
  int line = 1;
  std::string text;
  double number = 0;
  std::vector<Item> children;  // of a table or an array, in file order

  const Item* child(std::string_view name) const;
};

struct ProfileText {
  std::filesystem::path file;
  Item root;

  // Throws Error "FILE:LINE: KEY SENTENCE".
  [[noreturn]] void refuse(const Item& where, const std::string& sentence) const;
};

// Throws Error when the file cannot be read, is larger than 1 MiB or is not TOML, with the line.
ProfileText read_profile_text(const std::filesystem::path& file);

}  // namespace steelyard::simulated
