// SPDX-License-Identifier: Apache-2.0
// `steelyard compare`: two selections in, the verdict on each figure out, and an exit code for CI.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "steelyard/exchange/exchange.h"
#include "steelyard/stats/stats.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {
namespace {

struct Selection {
  std::string name;  // what the tables call it
  std::vector<Measurement> measurements;
};

// DB or DB:NAME, the cases of the model that `run --model NAME=FILE` named.
Selection select(const std::string& text) {
  std::string file = text, model;
  if (!std::filesystem::exists(text))
    if (const auto colon = text.rfind(':'); colon != text.npos && colon > 0) {
      file = text.substr(0, colon);
      model = text.substr(colon + 1);
    }
  Selection selection{model.empty() ? std::filesystem::path(file).stem().string() : model,
                      Store(file, Store::Mode::read).load()};
  if (selection.measurements.empty())
    throw NothingToMeasure(fmt::format("{} holds no measurement yet", file),
                           "measure with `steelyard run ... --db FILE`");
  if (model.empty()) return selection;
  std::vector<std::string> known;
  for (const Measurement& m : selection.measurements)
    if (std::find(known.begin(), known.end(), m.what.model) == known.end())
      known.push_back(m.what.model);
  std::erase_if(selection.measurements,
                [&](const Measurement& m) { return m.what.model != model; });
  if (selection.measurements.empty())
    throw UsageError(fmt::format("{} has no model '{}'", file, model),
                     fmt::format("it has: {}", fmt::join(known, ", ")));
  return selection;
}

// METRIC=PERCENT,...
std::vector<Gate> parse_gates(std::string_view text) {
  std::vector<Gate> gates;
  while (!text.empty()) {
    std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const auto equals = one.find('=');
    std::string_view number = equals == one.npos ? "" : one.substr(equals + 1);
    if (number.ends_with('%')) number.remove_suffix(1);
    double percent = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), percent);
    if (number.empty() || error != std::errc() || end != number.data() + number.size())
      throw UsageError(fmt::format("'{}' is not a gate", one),
                       "write METRIC=PERCENT, for example --gate latency.p50=3%,rmse=0.5%");
    gates.push_back({std::string(one.substr(0, equals)), percent});
  }
  return gates;
}

void tell_failures(const Comparison& comparison, bool gated) {
  const char* what = gated ? "gate failed" : "worse";
  for (const CaseComparison& c : comparison.cases) {
    if (c.lost) talk(fmt::format("steelyard: {}: {} was lost", what, c.spec));
    if (c.correctness_b == "WRONG")
      talk(fmt::format("steelyard: {}: the outputs of {} are WRONG", what, c.spec));
    for (const MetricComparison& m : c.metrics) {
      if (gated ? m.gate != "FAIL" : m.verdict != "WORSE") continue;
      const double by = 100 * std::abs(*m.ratio - 1);
      talk(m.gate_percent
               ? fmt::format("steelyard: {}: {} on {} {:.1f} % worse (limit {:g} %)", what,
                             m.metric, c.spec, by, *m.gate_percent)
               : fmt::format("steelyard: {}: {} on {} by {:.1f} %", what, m.metric, c.spec, by));
    }
  }
}

int exit_code(const Comparison& comparison, const Compare& words) {
  const Judgement judgement = judge(comparison);
  if (judgement == Judgement::failed) {
    tell_failures(comparison, !words.gates.empty());
    return 5;
  }
  if (judgement == Judgement::undecided && words.undecided != "pass") {
    talk("steelyard: undecided; the lines below the table say what would decide it");
    return 4;
  }
  return 0;
}

std::string written(const Comparison& comparison, const Compare& words) {
  if (words.format == "json") return export_json(comparison);
  const auto format =
      words.format.empty() ? std::optional(Format::terminal) : format_from(words.format);
  if (!format || *format == Format::latex)
    throw UsageError(fmt::format("there is no format '{}'", words.format),
                     "there is: terminal, markdown, html, json");
  RenderOptions options = render_options(words.language, *format);
  if (!words.output.empty()) options.colour = false;
  return render(comparison, options);
}

}  // namespace

int execute(const Compare& words) {
  if (words.undecided != "fail" && words.undecided != "pass")
    throw UsageError(fmt::format("--undecided '{}' is not known", words.undecided),
                     "there is: fail, pass");
  CompareOptions options{parse_gates(words.gates), words.allow_unpaired};
  Selection a = select(words.a), b = select(words.b);
  if (a.name == b.name) a.name = words.a, b.name = words.b;
  Comparison comparison = compare(a.measurements, b.measurements, options);
  comparison.name_a = a.name;
  comparison.name_b = b.name;
  const std::string text = written(comparison, words);
  if (words.output.empty())
    print(text);
  else
    write_file(words.output, text);
  return exit_code(comparison, words);
}

}  // namespace steelyard::cli
