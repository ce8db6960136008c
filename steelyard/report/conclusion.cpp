// SPDX-License-Identifier: Apache-2.0
// 결론 및 사용 사례 by rule: strengths, weaknesses and use cases of each device on the first model,
// from the thresholds below and from nothing else; then the choice in one breath.
#include <algorithm>

#include "steelyard/report/explain.h"
#include "steelyard/report/format.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/words_prose.h"
#include "steelyard/report/words_rules.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

// When a sentence is said. Sources: p99 classes are those of decision pages (10 ms) and of market
// data benchmarks (100 µs); 15.4 W and 25.5 W are what PoE (802.3af, at) gives, 5 W what passive
// cooling of a credit-card board carries off; 10 % is the seed's GPU utilisation.
constexpr double kTied = 1.05;         // times the fastest mean: not told apart
constexpr double kSlow = 2;            // times the fastest mean
constexpr double kSteady = 1.2;        // p99 / p50 at most
constexpr double kLongTail = 2;        // p99 / p50 at least
constexpr double kBusy = 10'000;       // inferences a second
constexpr double kGateway = 200;       // inferences a second
constexpr double kFrugal = 5;          // W at most
constexpr double kFanless = 15.4;      // W at most
constexpr double kHungry = 25.5;       // W at least
constexpr double kHungrier = 2;        // times the least power
constexpr double kIdle = 0.5;          // of the power, at least
constexpr double kSpare = 10;          // % utilisation at most
constexpr double kExact = 1;           // % RMSE against FP32 at most
constexpr double kSlowStart = 1e9;     // ns from load to the first answer
constexpr double kTrading = 100e3;     // ns p99
constexpr double kRealTime = 1e6;      // ns p99
constexpr double kInteractive = 10e6;  // ns p99

struct Lists {
  std::vector<std::string> strong, weak, use;
};

// Judges one device among those compared.
class Judge {
 public:
  Judge(const Context& c, const ModelView& model, const Column& column)
      : c_(c), model_(model), column_(column), s_(*column.main) {}

  Lists judge() {
    if (column_.wrong()) {
      weak(kConclusion.wrong);
      return std::move(lists_);
    }
    latency();
    power();
    accuracy();
    others();
    uses();
    return std::move(lists_);
  }

 private:
  void strong(const Phrase& p, Values v = {}) { lists_.strong.push_back(c_.say(p, v)); }
  void weak(const Phrase& p, Values v = {}) { lists_.weak.push_back(c_.say(p, v)); }
  void use(const Phrase& p, Values v = {}) { lists_.use.push_back(c_.say(p, v)); }
  std::optional<double> value(Metric metric) const { return value_of(column_, metric); }
  std::string text(Metric metric) const {
    return text_of(*value(metric), metric, column_, c_.language);
  }

  void latency() {
    const auto order = ranked(model_, Metric::mean);
    const auto mean = value(Metric::mean);
    if (mean && order.size() > 1 && order.front().value > 0) {
      const double times = *mean / order.front().value;
      if (order.front().column == &column_ && order[1].value / *mean >= kTied) {
        strong(kConclusion.fastest,
               {{"value", text(Metric::mean)}, {"factor", factor(order[1].value / *mean)}});
      } else if (times < kTied) {
        strong(kConclusion.fastest_tied, {{"value", text(Metric::mean)}});
      } else if (times >= kSlow) {
        weak(kConclusion.slowest, {{"value", text(Metric::mean)}, {"factor", factor(times)}});
      }
    }
    const auto rate = value(Metric::throughput);
    if (rate && *rate >= kBusy) strong(kConclusion.busy, {{"value", per_second(*rate)}});
    const auto p50 = value(Metric::median), p99 = value(Metric::p99);
    if (!p50 || !p99 || *p50 <= 0) return;
    const double tail = *p99 / *p50;
    if (tail <= kSteady) strong(kConclusion.steady, {{"factor", factor(tail)}});
    if (tail >= kLongTail) weak(kConclusion.tail, {{"factor", factor(tail)}});
  }

  void power() {
    const auto power = value(Metric::power);
    if (!power) {
      weak(kConclusion.no_power);
      return;
    }
    const std::string shown = text(Metric::power);
    if (*power <= kFrugal)
      strong(kConclusion.frugal, {{"value", shown}, {"limit", significant(kFrugal, 1)}});
    const auto order = ranked(model_, Metric::power);
    if (*power >= kHungry) {
      weak(kConclusion.hungry, {{"value", shown}, {"limit", significant(kHungry, 3)}});
    } else if (order.size() > 1 && alike(order, Metric::power) && order.front().value > 0 &&
               *power / order.front().value >= kHungrier) {
      weak(kConclusion.hungrier,
           {{"value", shown}, {"factor", factor(*power / order.front().value)}});
    }
    const auto& idle = s_.power.idle_watts;
    if (idle && *power > 0 && *idle / *power >= kIdle) {
      weak(kConclusion.idle, {{"value", watts(*idle)}, {"share", percent(100 * *idle / *power)}});
    }
    const auto energy = ranked(model_, Metric::total_energy);
    if (energy.size() > 1 && energy.front().column == &column_ && energy.front().value > 0 &&
        alike(energy, Metric::total_energy)) {
      strong(kConclusion.saver, {{"value", text(Metric::total_energy)},
                                 {"factor", factor(energy[1].value / energy.front().value)}});
    }
  }

  // Against the best FP32 result of the same model.
  void accuracy() {
    const auto rmse = value(Metric::rmse);
    if (!rmse || s_.obtained == Precision::fp32) return;
    for (const Ranked& r : ranked(model_, Metric::rmse)) {
      if (r.column->main->obtained != Precision::fp32 || r.value <= 0) continue;
      const double gap = 100 * (*rmse / r.value - 1);
      if (gap <= kExact) {
        strong(kConclusion.exact, {{"value", percent(kExact)}});
      } else {
        weak(kConclusion.coarse,
             {{"precision", std::string(to_string(s_.obtained))}, {"gap", percent(gap)}});
      }
      return;
    }
  }

  void others() {
    const auto utilisation = value(Metric::utilisation);
    if (utilisation && *utilisation <= kSpare)
      strong(kConclusion.spare, {{"value", text(Metric::utilisation)}});
    const double start = s_.startup.load_ns.value_or(0) + s_.startup.first_query_ns.value_or(0);
    if (start >= kSlowStart) weak(kConclusion.slow_start, {{"value", duration(start)}});
    if (s_.provenance == Provenance::simulated) {
      weak(kConclusion.expected);
    } else if (s_.trust.kind != "STABLE") {
      weak(kConclusion.unsure, {{"trust", trust_name(s_.trust.kind, c_.language)}});
    }
  }

  void uses() {
    if (const auto p99 = value(Metric::p99)) {
      const Values shown = {{"p99", duration(*p99)}};
      if (*p99 <= kTrading) {
        use(kConclusion.use_trading, shown);
      } else if (*p99 <= kRealTime) {
        use(kConclusion.use_realtime, shown);
      } else if (*p99 <= kInteractive) {
        use(kConclusion.use_interactive, shown);
      }
    }
    if (const auto rate = value(Metric::throughput)) {
      const Values shown = {{"value", per_second(*rate)}};
      if (*rate >= kBusy) {
        use(kConclusion.use_server, shown);
      } else if (*rate >= kGateway) {
        use(kConclusion.use_gateway, shown);
      }
    }
    if (const auto power = value(Metric::power)) {
      const Values shown = {{"power", watts(*power)}};
      if (*power <= kFrugal) {
        use(kConclusion.use_battery, shown);
      } else if (*power <= kFanless) {
        use(kConclusion.use_fanless, shown);
      } else {
        use(kConclusion.use_desktop, shown);
      }
    }
  }

  const Context& c_;
  const ModelView& model_;
  const Column& column_;
  const Summary& s_;
  Lists lists_;
};

// The choice between the fastest and the one that needs the least power.
Paragraph choice(const Context& c, const ModelView& model) {
  Paragraph out{c.say(kConclusion.summary), {}};
  const auto speed = ranked(model, Metric::mean), power = ranked(model, Metric::power);
  if (speed.empty()) return {};
  const Column& fast = *speed.front().column;
  const auto say = [&](const Phrase& phrase, Values values, std::vector<std::string> sources = {}) {
    out.sentences.push_back({c.say(phrase, values), std::move(sources)});
  };
  std::vector<const Column*> named = {&fast};
  const std::string latency = c.text(speed.front(), Metric::mean);
  if (power.empty()) {
    say(kConclusion.choose_fast, {{"fast", c.name(fast)}, {"latency", latency}},
        {c.source(model, fast, Metric::mean)});
  } else if (power.front().column == &fast) {
    say(kConclusion.choose_one,
        {{"device", c.name(fast)},
         {"latency", latency},
         {"power", c.text(power.front(), Metric::power)}},
        {c.source(model, fast, Metric::mean), c.source(model, fast, Metric::power)});
  } else {
    const Column& frugal = *power.front().column;
    named.push_back(&frugal);
    const auto slow = value_of(frugal, Metric::mean);
    const auto more = value_of(fast, Metric::power);
    say(kConclusion.choose_two,
        {{"fast", c.name(fast)},
         {"latency", latency},
         {"frugal", c.name(frugal)},
         {"power", c.text(power.front(), Metric::power)},
         {"frugal_latency", slow ? duration(*slow) : c.say(kTerms.missing)}},
        {c.source(model, fast, Metric::mean), c.source(model, frugal, Metric::power)});
    if (!more) say(kConclusion.choose_unknown, {{"fast", c.name(fast)}});
    if (slow && more && speed.front().value > 0 && power.front().value > 0) {
      say(kConclusion.choose_limit, {{"frugal", c.name(frugal)},
                                     {"fast", c.name(fast)},
                                     {"slower", factor(*slow / speed.front().value)},
                                     {"less", factor(*more / power.front().value)}});
      const std::string here = fast.main->power.boundary, there = frugal.main->power.boundary;
      if (here != there) {
        say(kConclusion.choose_boundary, {{"fast", c.name(fast)},
                                          {"fast_where", boundary_name(here, c.language)},
                                          {"frugal", c.name(frugal)},
                                          {"frugal_where", boundary_name(there, c.language)}});
      }
    }
  }
  std::vector<std::string> expected;
  for (const Column* column : named)
    if (column->main->provenance == Provenance::simulated) expected.push_back(c.name(*column));
  if (!expected.empty()) say(kConclusion.choose_expected, {{"list", join(expected, c.language)}});
  return out;
}

void add_list(Bullets& to, const std::string& lead, const std::vector<std::string>& items,
              const std::string& when_empty) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : "; ") + item;
  to.items.push_back({lead, {{items.empty() ? when_empty : text + ".", {}}}});
}

}  // namespace

Section conclusion_section(const Context& c) {
  Section section{"conclusion", c.say(kTerms.conclusion), 2, {}};
  if (c.view.models.empty()) return section;
  const ModelView& model = c.view.models.front();
  for (const Column& column : model.columns) {
    if (!column.completed()) continue;
    const Lists lists = Judge(c, model, column).judge();
    const std::string basis =
        c.say(kConclusion.basis, {{"model", model.title}, {"born", c.born(column)}});
    section.parts.push_back(Paragraph{c.name(column), {{"(" + basis + ")", {}}}});
    Bullets bullets;
    add_list(bullets, c.say(kConclusion.strengths), lists.strong, c.say(kConclusion.none_strength));
    add_list(bullets, c.say(kConclusion.weaknesses), lists.weak, c.say(kConclusion.none_weakness));
    add_list(bullets, c.say(kConclusion.uses), lists.use, c.say(kConclusion.none_use));
    section.parts.push_back(std::move(bullets));
  }
  Paragraph last = choice(c, model);
  if (!last.sentences.empty()) section.parts.push_back(std::move(last));
  return section;
}

}  // namespace steelyard
