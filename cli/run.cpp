// SPDX-License-Identifier: Apache-2.0
// `steelyard run`: plan, measure into the database, and show what came out.
#include "steelyard/run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "steelyard/exchange/exchange.h"
#include "steelyard/record/encode.h"
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

std::string title_of(const Case& what) {
  std::string text = fmt::format("{} on {}", what.model, to_string(what.spec));
  for (const auto& setting : what.settings)
    text += fmt::format(" {}={}", setting.key, setting.value);
  return text;
}

// Rounded up: what an effort asks at least; slow devices take longer.
nanoseconds expected_duration(const Plan& plan) {
  nanoseconds all{0};
  for (const Case& what : plan.cases)
    if (what.device.provenance != Provenance::simulated)
      all += plan.effort.min_duration + plan.effort.warm_up * plan.effort.blocks;
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

// Prints the campaign and judges it.
int show_result(const Store& store, const std::string& campaign, const Run& words) {
  auto measurements = store.load(true);
  std::erase_if(measurements, [&](const Measurement& m) { return m.campaign != campaign; });
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
  if (any(Outcome::Completed)) return 0;
  throw NothingToMeasure("nothing could be measured: every case was skipped",
                         "`steelyard doctor` says what is missing");
}

int measure(Store& store, const Plan& plan, const Resume& resume, const Run& words) {
  Interrupt interrupt;
  {
    Progress progress(plan);
    run(
        plan,
        [&](const Event& event) {
          store.append(plan, event);
          progress(event);
        },
        resume, &interrupt.flag());
  }
  const bool unfinished = store.unfinished() != nullptr;
  if (!interrupt.flag() || !unfinished) return show_result(store, plan.campaign, words);
  talk(fmt::format("Stopped after the running block; everything measured is in {}.",
                   words.database.string()));
  talk(fmt::format("Go on with: steelyard run --db {} --resume", words.database.string()));
  return 1;
}

int resume_campaign(Store& store, const Run& words) {
  const auto unfinished = store.unfinished();
  if (!unfinished) {
    const auto all = store.load();
    if (all.empty()) return -1;
    talk(fmt::format("{} is complete: there is nothing to resume.", words.database.string()));
    return show_result(store, all.back().campaign, words);
  }
  if (!words.options.models.empty() && ids_of(make_plan(words.options)) != ids_of(unfinished->plan))
    throw UsageError(
        fmt::format("the unfinished campaign in {} measures other cases than this command",
                    words.database.string()),
        fmt::format("go on with `steelyard run --db {0} --resume`, or choose another --db",
                    words.database.string()));
  return measure(store, unfinished->plan, unfinished->resume, words);
}

}  // namespace

int execute(const Run& words) {
  if (words.dry_run) return show_plan(make_plan(words.options), words);
  if (words.database.empty())
    throw UsageError("there is no database to measure into",
                     "add --db FILE, for example --db apple.db");
  if (words.resume && std::filesystem::exists(words.database)) {
    Store store(words.database, Store::Mode::write);
    if (const int code = resume_campaign(store, words); code >= 0) return code;
  }
  const Plan plan = make_plan(words.options);
  Store store(words.database, Store::Mode::write);
  if (const auto unfinished = store.unfinished();
      unfinished && ids_of(unfinished->plan) == ids_of(plan))
    throw UsageError(
        fmt::format("{} holds an unfinished campaign of the same cases", words.database.string()),
        "add --resume to go on with it, or choose another --db to begin anew");
  store.begin(plan);
  return measure(store, plan, {}, words);
}

}  // namespace steelyard::cli
