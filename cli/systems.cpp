// SPDX-License-Identifier: Apache-2.0
// A TOML table of hosts, accelerators and exchange rates.
#include "cli/systems.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

#include "steelyard/base/error.h"

namespace steelyard::cli {
namespace {

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void read(const toml::table& all, SystemTable& to) {
    for (const auto& [section, node] : all) {
      const toml::table* entries = node.as_table();
      if (entries == nullptr) refuse(std::string(section.str()), "is not a table");
      for (const auto& [id, entry] : *entries) {
        const std::string where = fmt::format("{}.{}", section.str(), id.str());
        const toml::table* fields = entry.as_table();
        if (fields == nullptr) refuse(where, "is not a table");
        if (section == "hosts")
          host(*fields, where, to.hosts[std::string(id.str())]);
        else if (section == "accelerators")
          accelerator(*fields, where, to.accelerators[std::string(id.str())]);
        else if (section == "per_usd")
          to.per_usd[std::string(id.str())] = sourced(*fields, where);
        else
          refuse(where, "is in no section that there is (hosts, accelerators, per_usd)");
      }
    }
    for (const auto& [id, entry] : to.accelerators)
      if (!to.hosts.contains(entry.host))
        refuse("accelerators." + id,
               fmt::format("stands in a host '{}' that there is not", entry.host));
  }

 private:
  [[noreturn]] void refuse(const std::string& where, const std::string& what) const {
    throw Error(fmt::format("{}: {} {}", file_, where, what), "docs/cli.md shows the layout");
  }

  void host(const toml::table& fields, const std::string& where, HostEntry& to) {
    for (const auto& [key, node] : fields) {
      const std::string at = fmt::format("{}.{}", where, key.str());
      if (key == "name")
        to.name = text(node, at);
      else if (key == "cpus")
        to.cpus = texts(node, at);
      else if (key == "idle")
        to.idle_watts = table(node, at);
      else if (key == "core")
        to.core_watts = table(node, at);
      else if (key == "efficiency")
        to.efficiency = table(node, at);
      else if (key == "price")
        to.price = table(node, at);
      else
        refuse(at, "is not known (name, cpus, idle, core, efficiency, price)");
    }
    if (to.name.empty()) refuse(where, "has no name");
    if (to.efficiency && !(to.efficiency->value.low > 0 && to.efficiency->value.high <= 1))
      refuse(where + ".efficiency", "must be above 0 and at most 1");
  }
  void accelerator(const toml::table& fields, const std::string& where, AcceleratorEntry& to) {
    for (const auto& [key, node] : fields) {
      const std::string at = fmt::format("{}.{}", where, key.str());
      if (key == "name")
        to.name = text(node, at);
      else if (key == "devices")
        to.devices = texts(node, at);
      else if (key == "host")
        to.host = text(node, at);
      else if (key == "price")
        to.price = table(node, at);
      else
        refuse(at, "is not known (name, devices, host, price)");
    }
    if (to.name.empty()) refuse(where, "has no name");
  }

  std::string text(const toml::node& node, const std::string& where) const {
    if (const auto value = node.value<std::string>()) return *value;
    refuse(where, "is not a text");
  }
  std::vector<std::string> texts(const toml::node& node, const std::string& where) const {
    const toml::array* items = node.as_array();
    if (items == nullptr) refuse(where, "is not a list");
    std::vector<std::string> out;
    for (const toml::node& item : *items) out.push_back(text(item, where));
    return out;
  }
  Sourced table(const toml::node& node, const std::string& where) const {
    if (const toml::table* fields = node.as_table()) return sourced(*fields, where);
    refuse(where, "is not { value, unit, as_of, source }");
  }
  // low and high may be left out; everything else may not.
  Sourced sourced(const toml::table& fields, const std::string& where) const {
    const auto number = [&](const char* key, double missing) {
      const toml::node* node = fields.get(key);
      if (node == nullptr) return missing;
      const auto value = node->value<double>();
      if (!value || !(*value >= 0) || *value > 1e12)
        refuse(fmt::format("{}.{}", where, key), "is not a number from 0 on");
      return *value;
    };
    if (fields.get("value") == nullptr) refuse(where, "has no value");
    Sourced out;
    out.value.value = number("value", 0);
    out.value.low = number("low", out.value.value);
    out.value.high = number("high", out.value.value);
    if (out.value.low > out.value.value || out.value.high < out.value.value)
      refuse(where, "has a value outside its own range");
    for (const char* key : {"unit", "as_of", "source"})
      if (fields.get(key) == nullptr) refuse(where, fmt::format("has no {}", key));
    out.unit = text(*fields.get("unit"), where + ".unit");
    out.as_of = text(*fields.get("as_of"), where + ".as_of");
    out.source = text(*fields.get("source"), where + ".source");
    return out;
  }

  std::string file_;
};

}  // namespace

SystemTable read_systems(const std::filesystem::path& file) {
  SystemTable table = built_in_systems();
  if (file.empty()) return table;
  if (!std::filesystem::exists(file))
    throw Error(fmt::format("there is no file {}", file.string()),
                "check the name after --systems");
  try {
    Reader(file.string()).read(toml::parse_file(file.string()), table);
  } catch (const toml::parse_error& e) {
    throw Error(
        fmt::format("{}: line {}: {}", file.string(), e.source().begin.line, e.description()),
        "docs/cli.md shows the layout");
  }
  return table;
}

}  // namespace steelyard::cli
