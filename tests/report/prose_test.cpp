// SPDX-License-Identifier: Apache-2.0
// Every number in running text is one of the figures, a ratio of two of them, or a documented
// threshold; and both languages show the same digits.
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>

#include "steelyard/report/format.h"
#include "steelyard/report/report.h"
#include "tests/report/fixture.h"

namespace steelyard {
namespace {

std::string markdown(Language language) {
  RenderOptions options;
  options.language = language;
  options.format = Format::markdown;
  return render(fixture(), options);
}

std::vector<std::string> numbers(const std::string& text) {
  static const std::regex pattern(R"([0-9][0-9,]*(\.[0-9]+)?)");
  std::vector<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    std::string number = at->str();
    while (number.ends_with(',')) number.pop_back();
    out.push_back(number);
  }
  return out;
}

void add(std::set<std::string>& to, const std::string& text) {
  for (const std::string& number : numbers(text)) to.insert(number);
}

void add_ratios(std::set<std::string>& to, const std::vector<double>& values) {
  for (const double a : values) {
    for (const double b : values) {
      add(to, factor(a / b));
      add(to, percent(100 * (a / b - 1)));
      add(to, percent(100 * a / b));
      add(to, significant(1 / a, 3));
    }
  }
}

// The 95 % interval of a ratio: half widths add as squares on a log scale.
void add_intervals(std::set<std::string>& to, const std::vector<Summary>& rows) {
  for (const Summary& a : rows) {
    for (const Summary& b : rows) {
      const auto half = [](const Summary& s) {
        return std::log(s.latency_ns.mean_ci->high / s.latency_ns.mean_ci->low) / 2;
      };
      const double both = std::exp(std::hypot(half(a), half(b)));
      const double ratio = *a.latency_ns.mean / *b.latency_ns.mean;
      add(to, range(ratio / both, ratio * both, factor));
    }
  }
}

// Everything that tables may print of the fixture, and ratios within one figure of one model.
std::set<std::string> allowed() {
  std::set<std::string> out;
  for (const std::string model : {"GRU_Apple", "LSTM_Apple"}) {
    std::vector<Summary> measured;
    std::vector<double> means, rates, rmse, watt, energy;
    for (const Summary& s : fixture()) {
      if (s.model != model || s.outcome.kind != Outcome::Completed || s.backend == "null") continue;
      if (s.provenance == Provenance::measured) measured.push_back(s);
      std::vector<double> tail;
      for (const auto& p : s.latency_ns.percentiles) {
        add(out, duration(*p.ns));
        tail.push_back(*p.ns);
      }
      add_ratios(out, {tail[0], tail[3]});
      add(out, duration(*s.latency_ns.mean));
      if (std::holds_alternative<SingleStream>(s.scenario)) means.push_back(*s.latency_ns.mean);
      rates.push_back(*s.throughput_per_second);
      add(out, per_second(rates.back()));
      rmse.push_back(*s.accuracy.rmse);
      rmse.push_back(*s.accuracy.rmse_naive);
      add(out, quantity(*s.accuracy.rmse) + " " + quantity(*s.accuracy.rmse_naive) + " " +
                   significant(*s.accuracy.max_abs_error_vs_reference, 2));
      add(out, percent(*s.utilisation.percent));
      if (s.memory.bytes) add(out, bytes(*s.memory.bytes));
      if (!s.power.watts) continue;
      watt.push_back(*s.power.watts);
      watt.push_back(*s.power.idle_watts);
      add(out, watts(*s.power.watts) + " " + range(*s.power.low_watts, *s.power.high_watts, watts));
      energy.push_back(*s.energy.joules_per_query);
      add(out, joules(energy.back()));
    }
    add_intervals(out, measured);
    for (const auto* values : {&means, &rates, &rmse, &watt, &energy}) add_ratios(out, *values);
  }
  return out;
}

TEST(Prose, UsesOnlyNumbersOfTheSummaries) {
  std::set<std::string> known = allowed();
  // Thresholds of conclusion.cpp and numbers that are part of a name, a unit or a count.
  for (const char* other :
       {"100", "10", "1", "2", "4", "5", "25.5", "64", "3", "8", "32", "50", "95", "99"})
    known.insert(other);
  std::string text = markdown(Language::ko);
  for (const std::string name :
       {"Xeon 8481C", "RTX 3070 Ti", "Hailo-8L", "hailort:0", "FP32", "int8"})
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
      text.erase(at, name.size());
  int seen = 0;
  for (const char* heading : {"\n## 요약", "\n## 분석", "\n## 결론"}) {
    const auto from = text.find(heading);
    ASSERT_NE(from, std::string::npos);
    // Analysis has level-3 headings with their own numbers; they are in the known set.
    const std::string part = text.substr(from, text.find("\n## ", from + 4) - from);
    for (const std::string& number : numbers(part)) {
      EXPECT_TRUE(known.contains(number)) << number << " in" << heading;
      ++seen;
    }
  }
  EXPECT_GT(seen, 100);
}

TEST(Prose, HasTheSameDigitsInBothLanguages) {
  std::multiset<std::string> sides[2];
  int i = 0;
  for (const Language language : {Language::ko, Language::en}) {
    for (const std::string& number : numbers(markdown(language)))
      if (number.find('.') != std::string::npos) sides[i].insert(number);
    ++i;
  }
  EXPECT_EQ(sides[0], sides[1]);
}

}  // namespace
}  // namespace steelyard
