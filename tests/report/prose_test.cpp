// SPDX-License-Identifier: Apache-2.0
// Every number in running text is one of the published JSON, a ratio of two of them, or a
// documented threshold; and both languages show the same digits.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "steelyard/advise/advise.h"
#include "steelyard/exchange/exchange.h"
#include "steelyard/report/format.h"
#include "steelyard/report/report.h"
#include "tests/report/fixture.h"

namespace steelyard {
namespace {

using nlohmann::json;

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
void add_intervals(std::set<std::string>& to, const std::vector<json>& rows) {
  for (const json& a : rows) {
    for (const json& b : rows) {
      const auto half = [](const json& latency) {
        const json& ci = latency["mean_ci"];
        return std::log(ci["high"].get<double>() / ci["low"].get<double>()) / 2;
      };
      const double both = std::exp(std::hypot(half(a), half(b)));
      const double ratio = a["mean"].get<double>() / b["mean"].get<double>();
      add(to, range(ratio / both, ratio * both, factor));
    }
  }
}

// Everything that tables may print of the results, and ratios within one figure of one model.
std::set<std::string> allowed(const json& results) {
  std::set<std::string> out;
  for (const std::string model : {"GRU_Apple", "LSTM_Apple"}) {
    std::vector<json> measured;
    std::vector<double> means, rates, rmse, watt, energy;
    for (const json& s : results["cases"]) {
      if (s["model"] != model || s["outcome"]["kind"] != "Completed" || s["backend"] == "null")
        continue;
      const json& latency = s["latency_ns"];
      if (s["provenance"] == "measured") measured.push_back(latency);
      std::vector<double> tail;
      for (const json& p : latency["percentiles"]) {
        tail.push_back(p["ns"].get<double>());
        add(out, duration(tail.back()));
      }
      add_ratios(out, {tail[0], tail[3]});
      add(out, duration(latency["mean"].get<double>()));
      if (s["scenario"]["kind"] == "SingleStream") means.push_back(latency["mean"].get<double>());
      rates.push_back(s["throughput_per_second"].get<double>());
      add(out, per_second(rates.back()));
      const json& accuracy = s["accuracy"];
      for (const char* key : {"rmse", "rmse_naive"}) {
        rmse.push_back(accuracy[key].get<double>());
        add(out, quantity(rmse.back()));
      }
      add(out, significant(accuracy["max_abs_error_vs_reference"].get<double>(), 2));
      add(out, percent(s["utilisation"]["percent"].get<double>()));
      if (s["memory"]["bytes"].is_number()) add(out, bytes(s["memory"]["bytes"].get<double>()));
      const json& power = s["power"];
      if (!power["watts"].is_number()) continue;
      watt.push_back(power["watts"].get<double>());
      watt.push_back(power["idle_watts"].get<double>());
      add(out,
          watts(power["watts"].get<double>()) + " " +
              range(power["low_watts"].get<double>(), power["high_watts"].get<double>(), watts));
      energy.push_back(s["energy"]["joules_per_query"].get<double>());
      add(out, joules(energy.back()));
    }
    add_intervals(out, measured);
    for (const auto* values : {&means, &rates, &rmse, &watt, &energy}) add_ratios(out, *values);
  }
  return out;
}

json published(const std::vector<Summary>& summaries) {
  return json::parse(export_as(summaries, ExportFormat::json));
}

// Each number below `node`, in the forms in which an advice may print it.
void add_all(std::set<std::string>& to, const json& node) {
  if (node.is_structured()) {
    for (const json& inner : node) add_all(to, inner);
  } else if (node.is_number()) {
    const double v = node.get<double>();
    for (const std::string& text :
         {duration(v), watts(v), joules(v), percent(v), per_second(v), significant(v, 3),
          decimal(v, 0), decimal(v, 1), decimal(v, 2), factor(v), fmt::format("{:.6g}", v)})
      add(to, text);
  }
}

std::string without_names(std::string text, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
      text.erase(at, name.size());
  return text;
}

TEST(Prose, UsesOnlyNumbersOfTheJson) {
  std::set<std::string> known = allowed(published(fixture()));
  // Thresholds of conclusion.cpp and numbers that are part of a name, a unit or a count.
  for (const char* other :
       {"100", "10", "1", "2", "4", "5", "25.5", "64", "3", "8", "32", "50", "95", "99"})
    known.insert(other);
  const std::string text =
      without_names(markdown(Language::ko),
                    {"Xeon 8481C", "RTX 3070 Ti", "Hailo-8L", "hailort:0", "FP32", "int8"});
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

TEST(Prose, OfAdviceUsesOnlyNumbersOfItsJson) {
  Question question;
  question.latency = {{99, 1e6}};
  question.rate = 20;
  question.max_watts = 60;
  question.price_per_kwh = 0.15;
  const auto advice = advise(fixture(), question, built_in_systems());
  const json document = json::parse(export_json(advice));
  std::set<std::string> known;
  add_all(known, document["advice"]);
  std::vector<std::string> names = {"p99", "95 %", "INT8", "int8"};
  for (const json& one : document["advice"]) {
    std::map<std::string, int> verdicts{{"passes", 0}, {"undecided", 0}, {"fails", 0}};
    for (const json& system : one["systems"]) ++verdicts[system["verdict"].get<std::string>()];
    known.insert(std::to_string(one["systems"].size()));
    for (const auto& [verdict, n] : verdicts) known.insert(std::to_string(n));
    for (const json& system : one["systems"]) {
      names.insert(names.begin(), system["name"].get<std::string>());
      for (const json& check : system["checks"]) {  // by how much a limit is missed
        if (!check["value"].is_object() || !check["limit"].is_number()) continue;
        const double ratio = check["value"]["value"].get<double>() / check["limit"].get<double>();
        add(known, factor(ratio) + " " + factor(1 / ratio) + " " + percent(100 * (ratio - 1)) +
                       " " + percent(100 * (1 - ratio)));
      }
    }
    for (const json& need : one["needs"]) {
      names.push_back(need["name"].get<std::string>());
      names.push_back(need["command"].get<std::string>());
    }
  }
  RenderOptions options;
  int seen = 0;
  for (const Language language : {Language::ko, Language::en}) {
    options.language = language;
    options.format = Format::markdown;
    std::stringstream lines(without_names(render(advice, options), names));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("|")) continue;  // tables
      for (const std::string& number : numbers(line)) {
        EXPECT_TRUE(known.contains(number)) << number << " in: " << line;
        ++seen;
      }
    }
  }
  EXPECT_GT(seen, 50);
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
