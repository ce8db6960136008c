// SPDX-License-Identifier: Apache-2.0
// `steelyard run`: plan, measure into the database, and show what came out.
#include "steelyard/run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/meter.h"
#include "cli/terminal.h"
#include "steelyard/base/clock.h"
#include "steelyard/exchange/exchange.h"
#include "steelyard/record/encode.h"
#include "steelyard/sensor/sensor.h"
#include "steelyard/stats/stats.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {
namespace {

std::string clock_text(nanoseconds t) {
  const auto seconds = static_cast<std::int64_t>(seconds_of(t) + 0.999);
  return seconds < 3600
             ? fmt::format("{}:{:02}", seconds / 60, seconds % 60)
             : fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string load_text(const Scenario& scenario) {
  std::string text(kind_of(scenario));
  if (batch_of(scenario) > 1) text += fmt::format(" batch={}", batch_of(scenario));
  if (rate_of(scenario) > 0) text += fmt::format(" rate={}/s", rate_of(scenario));
  if (const auto* peak = std::get_if<PeakRate>(&scenario))
    text += fmt::format(" p99={}us", static_cast<double>(peak->p99.count()) / 1000);
  if (in_flight_of(scenario) > 1) text += fmt::format(" in_flight={}", in_flight_of(scenario));
  return text;
}

std::string title_of(const Case& what) {
  std::string text = fmt::format("{} on {}", what.model, to_string(what.spec));
  for (const auto& setting : what.settings)
    text += fmt::format(" {}={}", setting.key, setting.value);
  if (!std::holds_alternative<SingleStream>(what.scenario))
    text += fmt::format(", {}", load_text(what.scenario));
  return text;
}

// Rounded up: what an effort asks at least; slow devices take longer, and a search holds some ten
// trials.
nanoseconds expected_duration(const Plan& plan) {
  constexpr int kTrials = 12;
  nanoseconds all{0};
  for (const Case& what : plan.cases)
    if (what.device.provenance != Provenance::simulated)
      all += plan.effort.min_duration *
                 (std::holds_alternative<PeakRate>(what.scenario) ? kTrials : 1) +
             plan.effort.warm_up * plan.effort.blocks * plan.effort.workers;
  return all;
}

int show_plan(const Plan& plan, const Run& words) {
  std::string text;
  if (words.json) {
    for (const Case& what : plan.cases) text += (text.empty() ? "" : ",\n") + to_json(what);
    print(fmt::format("{{\"schema_version\":1,\"cases\":[\n{}\n]}}\n", text));
    return 0;
  }
  for (const Case& what : plan.cases)
    text += fmt::format("{}  {}  {}\n", title_of(what), to_string(what.precision),
                        kind_of(what.scenario));
  print(fmt::format("{}{} cases, about {}; nothing was measured\n", text, plan.cases.size(),
                    clock_text(expected_duration(plan))));
  return 0;
}

std::set<std::string> ids_of(const Plan& plan) {
  std::set<std::string> ids;
  for (const Case& what : plan.cases) ids.insert(what.id);
  return ids;
}

class Progress {
 public:
  explicit Progress(const Plan& plan) : plan_(plan) {}
  void operator()(const Event& event) {
    if (const auto* block = std::get_if<BlockEnd>(&event)) {
      line_.show(fmt::format("[{}/{}] {}  {} left", block->done, block->total,
                             title_of(plan_.cases[block->index]), clock_text(block->remaining)));
    } else if (const auto* end = std::get_if<CaseEnd>(&event)) {
      if (end->outcome.kind == Outcome::Completed) return;
      line_.say(fmt::format("{}: {}: {}", title_of(plan_.cases[end->index]),
                            to_string(end->outcome.kind),
                            explain(end->outcome.reason, Language::en)));
      if (!end->outcome.hint.empty()) line_.say(fmt::format("  {}", end->outcome.hint));
    }
  }

 private:
  const Plan& plan_;
  ProgressLine line_;
};

// The newest measurement of each case, that of `campaign` before all others.
std::vector<Measurement> newest_of(const Store& store, const std::set<std::string>& ids,
                                   const std::string& campaign) {
  std::map<std::string, std::size_t> place;
  std::vector<Measurement> newest;
  for (auto& measurement : store.load(true)) {
    const std::string& id = measurement.what.id;
    if (!ids.contains(id)) continue;
    if (const auto [at, first] = place.emplace(id, newest.size()); first)
      newest.push_back(std::move(measurement));
    else if (newest[at->second].campaign != campaign)
      newest[at->second] = std::move(measurement);
  }
  return newest;
}

// Prints the cases and judges them.
int show_result(const Store& store, const std::set<std::string>& ids, const std::string& campaign,
                const Run& words) {
  const auto measurements = newest_of(store, ids, campaign);
  if (measurements.empty()) throw NothingToMeasure("nothing was measured");
  const auto summaries = summarize(measurements);
  if (words.json) {
    print(export_as(summaries, ExportFormat::json));
  } else {
    RenderOptions options = render_options(words.language, Format::terminal);
    options.brief = true;
    print(render(summaries, options));
    talk(fmt::format("All of it: steelyard report {} -o report.html", words.database.string()));
  }
  const auto any = [&](Outcome::Kind kind) {
    return std::any_of(summaries.begin(), summaries.end(),
                       [&](const Summary& s) { return s.outcome.kind == kind; });
  };
  if (any(Outcome::Failed)) return 1;
  const bool unstable = std::any_of(summaries.begin(), summaries.end(), [](const Summary& s) {
    return s.outcome.kind == Outcome::Completed && s.backend != "null" && s.trust.kind != "STABLE";
  });
  if (words.require_stable && unstable) return 4;
  if (any(Outcome::Completed)) return 0;
  throw NothingToMeasure("nothing could be measured: every case was skipped",
                         "`steelyard doctor` says what is missing");
}

// Waits for space where the disk is full: what was measured is dearer than time.
void append(Store& store, const Plan& plan, const Event& event, const std::atomic<bool>& stop) {
  MonotonicClock clock;
  for (bool said = false;; said = true) {
    try {
      return store.append(plan, event);
    } catch (const DiskFull& full) {
      if (stop) throw;
      if (!said) {
        talk(full.what());
        talk("Paused: free some space and the campaign goes on by itself; Ctrl-C ends it.");
      }
      for (int tenths = 0; tenths < 20 && !stop; ++tenths)
        clock.sleep_until(clock.now() + std::chrono::milliseconds(100));
    }
  }
}

// What the meter wrote while it was measured; it may be a reading or two behind.
void attach_live_meter(Store& store, const Run& words) {
  if (words.meter.empty()) return;
  const double period = read_meter(parse_meter(words.meter)).period_seconds;
  MonotonicClock clock;
  clock.sleep_until(clock.now() + from_seconds(std::min(1 + 2 * period, 10.0)));
  Attach attach;
  attach.database = words.database;
  attach.meter = words.meter;
  attach.host = manifest_of_this_host("").host;
  try {
    attach_meter(store, attach);
  } catch (const Error& e) {
    talk(fmt::format("{}\n  {}", e.what(), e.hint()));
    talk(fmt::format("What was measured is there; `steelyard attach {} --meter {}` tries again.",
                     words.database.string(), words.meter));
  }
}

// False when it was interrupted before all was measured.
bool measure(Store& store, const Plan& plan, const Resume& resume, const Run& words) {
  Interrupt interrupt;
  {
    Progress progress(plan);
    run(
        plan,
        [&](const Event& event) {
          append(store, plan, event, interrupt.flag());
          progress(event);
        },
        resume, &interrupt.flag());
  }
  if (!interrupt.flag() || store.unfinished() == nullptr) {
    attach_live_meter(store, words);
    return true;
  }
  talk(fmt::format("Stopped after the running block; everything measured is in {}.",
                   words.database.string()));
  talk(fmt::format("Go on with: steelyard run --db {} --resume", words.database.string()));
  return false;
}

// Without the cases that the database has already.
Plan what_is_missing(Plan plan, const Store& store) {
  std::set<std::string> done;
  for (const Measurement& measurement : store.load())
    if (measurement.outcome.kind == Outcome::Completed) done.insert(measurement.what.id);
  std::erase_if(plan.cases, [&](const Case& what) { return done.contains(what.id); });
  return plan;
}

// `run --db FILE --resume`: the plan is in the database.
int resume_stored(Store& store, const Run& words) {
  const auto unfinished = store.unfinished();
  if (!unfinished) {
    const auto all = store.load();
    if (all.empty())
      throw UsageError(fmt::format("{} holds no campaign to resume", words.database.string()),
                       "say what to measure: --model, --data and --device");
    talk(fmt::format("{} is complete: there is nothing to resume.", words.database.string()));
    std::set<std::string> ids;
    for (const Measurement& measurement : all) ids.insert(measurement.what.id);
    return show_result(store, ids, all.back().campaign, words);
  }
  if (!measure(store, unfinished->plan, unfinished->resume, words)) return 1;
  return show_result(store, ids_of(unfinished->plan), unfinished->plan.campaign, words);
}

// With a plan: first what was begun, then what was never begun or did not succeed.
int resume_planned(Store& store, Plan plan, const Run& words) {
  const auto ids = ids_of(plan);
  if (const auto unfinished = store.unfinished()) {
    const auto begun = ids_of(unfinished->plan);
    if (!std::includes(ids.begin(), ids.end(), begun.begin(), begun.end()))
      throw UsageError(
          fmt::format("the unfinished campaign in {} measures other cases than this command",
                      words.database.string()),
          fmt::format("go on with `steelyard run --db {} --resume`, or choose another --db",
                      words.database.string()));
    if (!measure(store, unfinished->plan, unfinished->resume, words)) return 1;
    if (begun == ids) return show_result(store, ids, unfinished->plan.campaign, words);
  }
  plan = what_is_missing(std::move(plan), store);
  if (plan.cases.empty()) {
    talk(fmt::format("{} is complete: there is nothing to resume.", words.database.string()));
  } else {
    store.begin(plan);
    if (!measure(store, plan, {}, words)) return 1;
  }
  return show_result(store, ids, plan.campaign, words);
}

int measure_anew(Store& store, const Plan& plan, const Run& words) {
  if (const auto unfinished = store.unfinished();
      unfinished && ids_of(unfinished->plan) == ids_of(plan))
    throw UsageError(
        fmt::format("{} holds an unfinished campaign of the same cases", words.database.string()),
        "add --resume to go on with it, or choose another --db to begin anew");
  store.begin(plan);
  if (!measure(store, plan, {}, words)) return 1;
  return show_result(store, ids_of(plan), plan.campaign, words);
}

}  // namespace

int execute(const Run& words) {
  if (words.dry_run) return show_plan(make_plan(words.options), words);
  if (words.database.empty())
    throw UsageError("there is no database to measure into",
                     "add --db FILE, for example --db apple.db");
  if (words.resume && words.options.models.empty() && std::filesystem::exists(words.database)) {
    Store store(words.database, Store::Mode::write);
    return resume_stored(store, words);
  }
  // A meter that cannot be read shall be known before anything is measured.
  if (!words.meter.empty() && !read_meter(parse_meter(words.meter)).since_1970 &&
      !words.options.energy.marks)
    throw UsageError("the times of the meter's file count from its own beginning",
                     "add --mark-power, so that its pulses can be found");
  const Plan plan = make_plan(words.options);
  Store store(words.database, Store::Mode::write);
  return words.resume ? resume_planned(store, plan, words) : measure_anew(store, plan, words);
}

}  // namespace steelyard::cli
