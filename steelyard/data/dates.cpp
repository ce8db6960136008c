// SPDX-License-Identifier: Apache-2.0
// Dates in CSV cells; see csv.h. Thread-safe, no locale.
#include <fmt/format.h>

#include <chrono>

#include "steelyard/data/csv.h"

namespace steelyard::data {
namespace {

// Eats digits from the front: at least `least`, at most `most`; -1 when there are too few.
int eat_digits(std::string_view& text, std::size_t least, std::size_t most) {
  int value = 0;
  std::size_t n = 0;
  while (n < most && n < text.size() && text[n] >= '0' && text[n] <= '9')
    value = value * 10 + (text[n++] - '0');
  if (n < least) return -1;
  text.remove_prefix(n);
  return value;
}

bool eat(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

struct TimeOfDay {
  int hour = 0, minute = 0, second = 0;
  int offset = 0;  // seconds east of UTC
};

std::optional<int> utc_offset(std::string_view& text) {
  if (text.empty() || eat(text, "Zz")) return 0;
  const bool west = text.front() == '-';
  if (!eat(text, "+-")) return {};
  const int hours = eat_digits(text, 2, 2);
  eat(text, ":");
  const int minutes = text.empty() ? 0 : eat_digits(text, 2, 2);
  if (hours < 0 || minutes < 0 || hours > 14 || minutes > 59) return {};
  return (west ? -1 : 1) * (hours * 3600 + minutes * 60);
}

// 09:30, 09:30:00, 09:30:00.000, each with Z, +02:00 or -0500, or without.
std::optional<TimeOfDay> time_of_day(std::string_view text) {
  TimeOfDay time;
  time.hour = eat_digits(text, 1, 2);
  if (time.hour < 0 || !eat(text, ":")) return {};
  time.minute = eat_digits(text, 2, 2);
  if (eat(text, ":")) time.second = eat_digits(text, 2, 2);
  if (eat(text, ".")) eat_digits(text, 1, 9);
  while (eat(text, " ")) {
  }
  const auto offset = utc_offset(text);
  if (!offset || !text.empty()) return {};
  if (time.hour > 23 || time.minute < 0 || time.minute > 59 || time.second < 0 || time.second > 60)
    return {};
  time.offset = *offset;
  return time;
}

std::optional<Date> dated(int year, int month, int day, const TimeOfDay& time, bool has_time,
                          bool monthly) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  Date result;
  result.seconds = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400} +
                   time.hour * 3600 + time.minute * 60 + time.second - time.offset;
  if (monthly)
    result.iso = fmt::format("{:04}-{:02}", year, month);
  else if (has_time && (time.hour || time.minute || time.second))
    result.iso = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", year, month, day, time.hour,
                             time.minute, time.second);
  else
    result.iso = fmt::format("{:04}-{:02}-{:02}", year, month, day);
  return result;
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<Date> date_in(std::string_view text, bool compact) {
  int year = 0, month = 0, day = 1;
  bool monthly = false;
  if (all_digits(text)) {
    if (!compact || (text.size() != 8 && text.size() != 6)) return {};
    monthly = text.size() == 6;
    year = eat_digits(text, 4, 4);
    month = eat_digits(text, 2, 2);
    if (!monthly) day = eat_digits(text, 2, 2);
    return dated(year, month, day, {}, false, monthly);
  }
  const std::size_t separator = text.find_first_of("-/");
  if (separator == 4) {
    const char mark = text[separator];
    year = eat_digits(text, 4, 4);
    eat(text, "-/");
    month = eat_digits(text, 1, 2);
    monthly = text.empty();
    if (!monthly) {
      if (!eat(text, std::string_view(&mark, 1))) return {};
      day = eat_digits(text, 1, 2);
    }
  } else if (separator == 1 || separator == 2) {
    month = eat_digits(text, 1, 2);
    if (!eat(text, "/")) return {};
    day = eat_digits(text, 1, 2);
    if (!eat(text, "/")) return {};
    year = eat_digits(text, 4, 4);
  } else {
    return {};
  }
  if (year < 0 || month < 0 || day < 0) return {};
  if (text.empty()) return dated(year, month, day, {}, false, monthly);
  if (!eat(text, " T")) return {};
  const auto time = time_of_day(text);
  return time ? dated(year, month, day, *time, true, false) : std::nullopt;
}

}  // namespace steelyard::data
