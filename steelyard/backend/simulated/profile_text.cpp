// SPDX-License-Identifier: Apache-2.0
// TOML into Items.
#include "steelyard/backend/simulated/profile_text.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>

#include "steelyard/base/error.h"

namespace steelyard::simulated {

namespace {

constexpr std::size_t kLargestProfile = 1 << 20;
constexpr const char* kHint = "docs/profiles.md lists every key of a profile with its unit";

Item item_of(const toml::node& node, std::string key, std::string path) {
  Item item;
  item.key = std::move(key);
  item.path = std::move(path);
  item.line = static_cast<int>(node.source().begin.line);
  if (const auto* table = node.as_table()) {
    item.kind = Item::Kind::table;
    for (const auto& [name, value] : *table) {
      const std::string child(name.str());
      item.children.push_back(
          item_of(value, child, item.path.empty() ? child : item.path + "." + child));
    }
    // The library sorts by name; messages and definitions read better in the file's own order.
    std::stable_sort(item.children.begin(), item.children.end(),
                     [](const Item& a, const Item& b) { return a.line < b.line; });
  } else if (const auto* array = node.as_array()) {
    item.kind = Item::Kind::array;
    for (const auto& element : *array)
      item.children.push_back(
          item_of(element, "", fmt::format("{}[{}]", item.path, item.children.size())));
  } else if (const auto* text = node.as_string()) {
    item.kind = Item::Kind::text;
    item.text = text->get();
  } else if (const auto* whole = node.as_integer()) {
    item.kind = Item::Kind::number;
    item.number = static_cast<double>(whole->get());
  } else if (const auto* real = node.as_floating_point()) {
    item.kind = Item::Kind::number;
    item.number = real->get();
  }
  return item;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string content;
  std::vector<char> piece(1 << 16);
  while (in && content.size() <= kLargestProfile) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    content.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (!in.is_open() || in.bad())
    throw Error(fmt::format("The profile {} cannot be read", file.string()),
                "check that it is a file and may be read");
  if (content.size() > kLargestProfile)
    throw Error(fmt::format("{} is larger than 1 MiB, which no device profile is", file.string()),
                kHint);
  return content;
}

}  // namespace

const Item* Item::child(std::string_view name) const {
  const auto found =
      std::find_if(children.begin(), children.end(), [&](const Item& i) { return i.key == name; });
  return found == children.end() ? nullptr : &*found;
}

void ProfileText::refuse(const Item& where, const std::string& sentence) const {
  throw Error(fmt::format("{}:{}: {}{}{}", file.string(), where.line, where.path,
                          where.path.empty() ? "" : " ", sentence),
              kHint);
}

ProfileText read_profile_text(const std::filesystem::path& file) {
  const std::string content = content_of(file);
  try {
    const toml::table table = toml::parse(content, file.string());
    ProfileText text{file, item_of(table, "", "")};
    text.root.line = 1;
    return text;
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}:{}: not TOML: {}", file.string(), error.source().begin.line,
                            error.description()),
                kHint);
  }
}

}  // namespace steelyard::simulated
