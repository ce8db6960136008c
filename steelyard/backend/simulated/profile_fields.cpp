// SPDX-License-Identifier: Apache-2.0
// Types, units, ranges and sources of a profile's values.
#include "steelyard/backend/simulated/profile_fields.h"

#include <fmt/format.h>

#include <cmath>

namespace steelyard::simulated {

namespace {

struct Unit {
  Dimension dimension;
  std::string_view name;
  double factor;
};

constexpr Unit kUnits[] = {
    {Dimension::time, "ns", 1},
    {Dimension::time, "us", 1e3},
    {Dimension::time, "ms", 1e6},
    {Dimension::time, "s", 1e9},
    {Dimension::bandwidth, "B/s", 1e-9},
    {Dimension::bandwidth, "kB/s", 1e-6},
    {Dimension::bandwidth, "MB/s", 1e-3},
    {Dimension::bandwidth, "GB/s", 1},
    {Dimension::arithmetic, "GMAC/s", 1},
    {Dimension::arithmetic, "TMAC/s", 1e3},
    {Dimension::arithmetic, "GFLOP/s", 0.5},
    {Dimension::arithmetic, "TFLOP/s", 500},
    {Dimension::arithmetic, "GOPS", 0.5},
    {Dimension::arithmetic, "TOPS", 500},
    {Dimension::power, "W", 1},
    {Dimension::power, "mW", 1e-3},
    {Dimension::energy, "pJ", 1e-12},
    {Dimension::energy, "nJ", 1e-9},
    {Dimension::memory, "B", 1},
    {Dimension::memory, "kB", 1e3},
    {Dimension::memory, "MB", 1e6},
    {Dimension::memory, "GB", 1e9},
    {Dimension::memory, "KiB", 1024},
    {Dimension::memory, "MiB", 1048576},
    {Dimension::memory, "GiB", 1073741824},
    {Dimension::share, "1", 1},
    {Dimension::share, "%", 0.01},
    {Dimension::count, "1", 1},
};

// Beyond it a number is a slip of the pen, and sums of a few such still fit everywhere.
constexpr double kLargest = 1e15;

std::string units_of(Dimension dimension) {
  std::string names;
  for (const Unit& unit : kUnits)
    if (unit.dimension == dimension)
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", unit.name);
  return names;
}

}  // namespace

Fields::Fields(const ProfileText& text, const Item& table) : text_(text), table_(table) {
  if (table.kind != Item::Kind::table)
    refuse(table, "is one value, but it must be a table of several");
}

const Item& Fields::item(std::string_view key) {
  asked_.emplace(key);
  const Item* found = table_.child(key);
  if (found == nullptr)
    refuse(table_, table_.path.empty() ? fmt::format("the key '{}' is missing", key)
                                       : fmt::format("lacks the key '{}'", key));
  return *found;
}

std::string Fields::text(std::string_view key) {
  const Item& found = item(key);
  if (found.kind != Item::Kind::text) refuse(found, "must be text in quotes");
  if (found.text.find_first_not_of(" \t\r\n") == std::string::npos)
    refuse(found, "must not be empty");
  return found.text;
}

std::vector<std::string> Fields::texts(std::string_view key) {
  const Item& found = item(key);
  if (found.kind != Item::Kind::array || found.children.empty())
    refuse(found, "must be a list of texts, such as [\"fp32\"]");
  std::vector<std::string> list;
  for (const Item& element : found.children) {
    if (element.kind != Item::Kind::text) refuse(element, "must be text in quotes");
    list.push_back(element.text);
  }
  return list;
}

double Fields::checked(const Item& found, Range range) const {
  if (found.kind != Item::Kind::number) refuse(found, "must be a number");
  if (!std::isfinite(found.number)) refuse(found, "must be a finite number");
  if (std::fabs(found.number) > kLargest)
    refuse(found, fmt::format("is {}, larger than any device's", found.number));
  if (range == Range::not_negative && found.number < 0)
    refuse(found, fmt::format("is {}, but it must not be negative", found.number));
  if (range == Range::positive && found.number <= 0)
    refuse(found, fmt::format("is {}, but it must be greater than zero", found.number));
  return found.number;
}

double Fields::number(std::string_view key, Range range) { return checked(item(key), range); }

void Fields::source() { text("source"); }

double Fields::quantity(std::string_view key, Dimension dimension, Range range) {
  const Item& found = item(key);
  if (found.kind != Item::Kind::table)
    refuse(found,
           "must be written with unit and source: { value = 1.5, unit = \"...\", source = "
           "\"...\" }");
  Fields fields(text_, found);
  const double value = fields.number("value", range);
  double factor = 1;
  if (dimension != Dimension::count || fields.has("unit")) {
    const std::string name = fields.text("unit");
    const Unit* unit = nullptr;
    for (const Unit& each : kUnits)
      if (each.dimension == dimension && each.name == name) unit = &each;
    if (unit == nullptr)
      refuse(fields.item("unit"),
             fmt::format("is \"{}\", but it must be one of {}", name, units_of(dimension)));
    factor = unit->factor;
  }
  fields.source();
  fields.done();
  const double result = value * factor;
  if (std::fabs(result) > kLargest)
    refuse(found, fmt::format("is {}, larger than any device's", value));
  if (dimension == Dimension::share && result > 1)
    refuse(found, "is a share of more than all (1, or 100 %)");
  return result;
}

int Fields::whole(std::string_view key, int least, int most) {
  const double value = quantity(key, Dimension::count);
  if (value < least || value > most || value != std::floor(value))
    refuse(item(key),
           fmt::format("is {}, but it must be a whole number from {} to {}", value, least, most));
  return static_cast<int>(value);
}

std::vector<double> Fields::numbers(std::string_view key) {
  const Item& found = item(key);
  if (found.kind != Item::Kind::array || found.children.empty())
    refuse(found, "must be a list of numbers");
  std::vector<double> list;
  for (const Item& element : found.children) list.push_back(checked(element, Range::not_negative));
  return list;
}

Fields Fields::table(std::string_view key) { return Fields(text_, item(key)); }

void Fields::done() const {
  for (const Item& child : table_.children)
    if (asked_.find(child.key) == asked_.end()) refuse(child, "is not a key of a device profile");
}

}  // namespace steelyard::simulated
