// SPDX-License-Identifier: Apache-2.0
// The file that an outside meter wrote: a table of times and watts. Thread-safe.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/sensor/sensor.h"

namespace steelyard {
namespace {

constexpr std::uintmax_t kLargest = 1ull << 30;
constexpr double kMostWatts = 1e6;
// Numbers beyond these are seconds, milliseconds, microseconds, nanoseconds since 1970; below the
// first they count from the meter's own beginning.
constexpr double kEpoch = 1e8, kEpochMilli = 1e11, kEpochMicro = 1e14, kEpochNano = 1e17;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return text;
}

std::vector<std::string_view> cells_of(std::string_view line, char separator) {
  std::vector<std::string_view> cells;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (line[i] != separator || quoted)) continue;
    cells.push_back(trimmed(line.substr(begin, i - begin)));
    begin = i + 1;
  }
  return cells;
}

char separator_of(std::string_view header) {
  for (const char candidate : {'\t', ';'})
    if (header.find(candidate) != std::string_view::npos) return candidate;
  return ',';
}

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + count, value);
  if (error != std::errc() || end != text.data() + at + count) return std::nullopt;
  return value;
}

// "+02:00", "-0530", "Z", "" (UTC) as seconds.
std::optional<double> zone_of(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0.0;
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, text.size() > 3 && text[3] == ':' ? 4 : 3, 2);
  if ((text[0] != '+' && text[0] != '-') || !hours || !minutes) return std::nullopt;
  return (text[0] == '-' ? -1.0 : 1.0) * (*hours * 3600 + *minutes * 60);
}

// "2026-05-01T12:30:00.25+02:00", a blank instead of the T, Z or nothing for UTC.
std::optional<double> date_of(std::string_view text) {
  namespace chrono = std::chrono;
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const chrono::year_month_day date{chrono::year(*year), chrono::month(unsigned(*month)),
                                    chrono::day(unsigned(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::size_t zone = 19;
  double fraction = 0;
  if (text.size() > 19 && (text[19] == '.' || text[19] == ',')) {
    double unit = 0.1;
    for (zone = 20; zone < text.size() && std::isdigit(static_cast<unsigned char>(text[zone]));
         ++zone, unit /= 10)
      fraction += unit * (text[zone] - '0');
  }
  const auto offset = zone_of(trimmed(text.substr(std::min(zone, text.size()))));
  if (!offset) return std::nullopt;
  const double days = chrono::sys_days(date).time_since_epoch().count();
  return days * 86400 + *hour * 3600 + *minute * 60 + *second + fraction - *offset;
}

struct Time {
  double seconds;
  bool since_1970;
};
std::optional<Time> time_of(std::string_view text) {
  if (const auto number = number_of(text)) {
    if (*number < kEpoch) return Time{*number, false};
    if (*number < kEpochMilli) return Time{*number, true};
    if (*number < kEpochMicro) return Time{*number / 1e3, true};
    return Time{*number / (*number < kEpochNano ? 1e6 : 1e9), true};
  }
  if (const auto date = date_of(text)) return Time{*date, true};
  return std::nullopt;
}

std::string list_of(const std::vector<std::string_view>& names) {
  std::string text;
  for (const auto& name : names) text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  return text;
}

std::size_t column_of(const MeterSource& source, const std::vector<std::string_view>& header,
                      const std::string& name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end())
    throw Error(fmt::format("{} has no column '{}'", source.file.string(), name),
                fmt::format("its first line names: {}", list_of(header)));
  return static_cast<std::size_t>(found - header.begin());
}

std::string text_in(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw Error(fmt::format("{} is a folder, not a meter's file", file.string()), "name the file");
  if (std::filesystem::file_size(file, ignored) > kLargest && !ignored)
    throw Error(fmt::format("{} is larger than 1 GiB", file.string()),
                "cut out the time of the run");
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw Error(fmt::format("{} cannot be read", file.string()),
                "check the name, and that the meter's program writes it");
  return {std::istreambuf_iterator<char>(in), {}};
}

[[noreturn]] void refuse_line(const MeterSource& source, std::size_t line, const std::string& what,
                              const std::string& hint) {
  throw Error(fmt::format("{} line {}: {}", source.file.string(), line, what), hint);
}

}  // namespace

MeterSource parse_meter(std::string_view text) {
  const char* const form = "write csv:FILE,time=COLUMN,watts=COLUMN";
  if (!text.starts_with("csv:"))
    throw UsageError(fmt::format("--meter {} is not a meter", text), form);
  MeterSource source;
  text.remove_prefix(4);
  source.file = std::string(text.substr(0, text.find(',')));
  text.remove_prefix(std::min(text.size(), source.file.string().size() + 1));
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto equals = part.find('=');
    const auto key = part.substr(0, equals);
    const auto value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    if (key == "time")
      source.time = value;
    else if (key == "watts")
      source.watts = value;
    else
      throw UsageError(fmt::format("--meter does not know '{}'", part), form);
  }
  if (source.file.empty() || source.time.empty() || source.watts.empty())
    throw UsageError("--meter needs a file and the names of its columns", form);
  return source;
}

MeterFile read_meter(const MeterSource& source) {
  MeterFile meter;
  meter.original = text_in(source.file);
  std::string_view text = meter.original;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::size_t number = 0, time_column = 0, watts_column = 0;
  char separator = ',';
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    const bool whole = line.size() < text.size();  // a meter may be in the middle of its last line
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++number;
    if (trimmed(line).empty() || line.front() == '#') continue;
    if (time_column == watts_column) {
      separator = separator_of(line);
      const auto header = cells_of(line, separator);
      time_column = column_of(source, header, source.time);
      watts_column = column_of(source, header, source.watts);
      if (time_column == watts_column)
        throw UsageError("--meter names one column for time and watts", "name two columns");
      continue;
    }
    const auto cells = cells_of(line, separator);
    if (cells.size() <= std::max(time_column, watts_column)) {
      if (!whole) break;
      refuse_line(source, number, "there are fewer cells than columns", "mend or remove the line");
    }
    const auto time = time_of(cells[time_column]);
    const auto watts = number_of(cells[watts_column]);
    if (!whole && (!time || !watts)) break;
    if (!time)
      refuse_line(source, number, fmt::format("'{}' is not a time", cells[time_column]),
                  "write seconds, seconds since 1970, or 2026-05-01T12:30:00.25Z");
    if (!watts || std::abs(*watts) > kMostWatts)
      refuse_line(source, number, fmt::format("'{}' is not a power in W", cells[watts_column]),
                  "write watts as a plain number");
    if (!meter.seconds.empty() && time->since_1970 != meter.since_1970)
      refuse_line(source, number, "the times change from one kind to another",
                  "write all times the same way");
    meter.since_1970 = time->since_1970;
    if (!meter.seconds.empty() && time->seconds < meter.seconds.back())
      refuse_line(source, number, "its time is before that of the line above",
                  "sort the lines by time, and take out what the meter wrote before a reset");
    if (!meter.seconds.empty() && time->seconds == meter.seconds.back()) {
      meter.watts.back() = *watts;
      continue;
    }
    meter.seconds.push_back(time->seconds);
    meter.watts.push_back(*watts);
  }
  if (meter.seconds.size() < 2)
    throw Error(fmt::format("{} holds {} readings", source.file.string(), meter.seconds.size()),
                "let the meter write while the run goes on");
  std::vector<double> gaps;
  for (std::size_t i = 1; i < meter.seconds.size(); ++i)
    gaps.push_back(meter.seconds[i] - meter.seconds[i - 1]);
  std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2),
                   gaps.end());
  meter.period_seconds = gaps[gaps.size() / 2];
  return meter;
}

}  // namespace steelyard
