// SPDX-License-Identifier: Apache-2.0
// Reading one table of a profile: every value is asked for by key, checked for type, unit, range
// and source, and whatever was not asked for is refused. Every refusal is one sentence that names
// file, line and key. One thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/backend/simulated/profile_text.h"

namespace steelyard::simulated {

// What a number counts; its unit is one of this dimension's, and it is turned into the first.
enum class Dimension {
  time,        // ns us ms s
  bandwidth,   // B/ns, from B/s kB/s MB/s GB/s
  arithmetic,  // multiply-accumulates a ns, from GMAC/s TMAC/s; GFLOP/s TFLOP/s GOPS TOPS count two
  power,       // W mW
  energy,      // J, from pJ nJ
  memory,      // B kB MB GB KiB MiB GiB
  share,       // 1 %
  count,       // no unit, or 1
};

enum class Range { not_negative, positive, any };

class Fields {
 public:
  Fields(const ProfileText& text, const Item& table);

  std::string text(std::string_view key);  // not empty
  std::vector<std::string> texts(std::string_view key);
  // KEY = { value = 2.65, unit = "us", source = "..." }
  double quantity(std::string_view key, Dimension, Range = Range::not_negative);
  int whole(std::string_view key, int least, int most);
  // KEY = [0, 50, 100], inside a table that has its own `source`.
  std::vector<double> numbers(std::string_view key);
  double number(std::string_view key, Range);
  void source();  // this table's own, required

  bool has(std::string_view key) const { return table_.child(key) != nullptr; }
  Fields table(std::string_view key);
  const Item& item(std::string_view key);  // throws when it is missing
  const Item& here() const { return table_; }
  [[noreturn]] void refuse(const Item& where, const std::string& sentence) const {
    text_.refuse(where, sentence);
  }
  // Refuses a key that nobody asked for; call it last.
  void done() const;

 private:
  double checked(const Item&, Range) const;

  const ProfileText& text_;
  const Item& table_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace steelyard::simulated
