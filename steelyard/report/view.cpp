// SPDX-License-Identifier: Apache-2.0
// Summaries arranged for reading. Pure.
#include "steelyard/report/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "steelyard/record/names.h"
#include "steelyard/report/explain.h"

namespace steelyard {
namespace {

std::string settings_text(const Summary& s) {
  std::string out;
  for (const auto& [key, value] : s.settings) out += (out.empty() ? "" : " ") + key + "=" + value;
  return out;
}

std::string key_of(const Summary& s) {
  return fmt::format("{}\n{}\n{}\n{}", s.host, s.spec, to_string(s.precision), settings_text(s));
}

// Which of two results of the same question is shown: a completed one, then the later.
bool better(const Summary& a, const Summary& b) {
  const bool a_done = a.outcome.kind == Outcome::Completed;
  const bool b_done = b.outcome.kind == Outcome::Completed;
  return std::tie(a_done, a.manifest.started_at) > std::tie(b_done, b.manifest.started_at);
}

int order_of(const Column& column) {
  if (!column.completed()) return column.main->outcome.kind == Outcome::Failed ? 4 : 5;
  switch (column.main->provenance) {
    case Provenance::measured:
      return 0;
    case Provenance::imported:
      return 1;
    case Provenance::entered:
      return 2;
    case Provenance::simulated:
      return 3;
  }
  return 5;
}

std::string scenario_key(const Summary& s) {
  if (const auto* offline = std::get_if<Offline>(&s.scenario))
    return fmt::format("offline {} {}", offline->batch, offline->in_flight);
  if (!std::holds_alternative<SingleStream>(s.scenario)) return name_of(s.scenario, Language::en);
  return "single";
}

struct Group {  // the rows of one model on one set of data
  const Summary* first = nullptr;
  std::vector<const Summary*> rows;
};

// Other tools' files name the model and nothing else: the first that was measured under that name.
const Summary& namesake(const std::vector<Summary>& summaries, const Summary& s) {
  for (const Summary& other : summaries)
    if (other.model == s.model && !other.model_sha256.empty() && other.backend != "null")
      return other;
  return s;
}

std::vector<Group> grouped(const std::vector<Summary>& summaries) {
  std::vector<Group> groups;
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> index;
  for (const Summary& s : summaries) {
    if (s.backend == "null") continue;
    const Summary& kin = s.model_sha256.empty() ? namesake(summaries, s) : s;
    const auto [at, added] =
        index.try_emplace(std::tuple(kin.model, kin.model_sha256, kin.truth), groups.size());
    if (added) groups.push_back({&kin, {}});
    groups[at->second].rows.push_back(&s);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return (a.first->model == "GRU_Apple") > (b.first->model == "GRU_Apple");
  });
  return groups;
}

// One row a question: the better of those with the same device, load and settings.
std::vector<const Summary*> without_repeats(const Group& group, int& repeated) {
  std::vector<const Summary*> kept;
  std::map<std::string, std::size_t> index;
  for (const Summary* s : group.rows) {
    const auto [at, added] = index.try_emplace(key_of(*s) + "\n" + scenario_key(*s), kept.size());
    if (added) {
      kept.push_back(s);
    } else {
      ++repeated;
      if (better(*s, *kept[at->second])) kept[at->second] = s;
    }
  }
  return kept;
}

void put_aside_replaced(ModelView& model, std::vector<const Summary*>& rows) {
  std::set<std::string> named;
  std::erase_if(rows, [&](const Summary* s) {
    if (s->provenance != Provenance::simulated || !s->device.stands_for) return false;
    const auto real = std::find_if(rows.begin(), rows.end(), [&](const Summary* other) {
      return other != nullptr && other->provenance != Provenance::simulated &&
             other->outcome.kind == Outcome::Completed &&
             stands_for_same(*s->device.stands_for, other->device);
    });
    if (real == rows.end()) return false;
    if (named.insert(key_of(*s)).second) model.replaced.push_back({s, *real});
    return true;
  });
}

std::vector<Column> columns_of(const std::vector<const Summary*>& rows) {
  std::vector<Column> columns;
  std::map<std::string, std::size_t> index;
  for (const Summary* s : rows) {
    const auto [at, added] = index.try_emplace(key_of(*s), columns.size());
    if (added) columns.push_back({nullptr, {}, {}, key_of(*s)});
    Column& column = columns[at->second];
    const bool single = std::holds_alternative<SingleStream>(s->scenario);
    if (single || column.main == nullptr) column.main = s;
    const bool offline = std::holds_alternative<Offline>(s->scenario);
    if (offline && s->outcome.kind == Outcome::Completed) column.offline.push_back(s);
    if (!single && !offline) column.loads.push_back(s);
  }
  const bool known = std::any_of(columns.begin(), columns.end(),
                                 [](const Column& c) { return !c.main->truth.empty(); });
  for (Column& column : columns) {
    column.other_data =
        known && column.main->truth.empty() && column.main->provenance == Provenance::imported;
    std::stable_sort(column.offline.begin(), column.offline.end(), [](auto* a, auto* b) {
      const auto& x = std::get<Offline>(a->scenario);
      const auto& y = std::get<Offline>(b->scenario);
      return std::tie(x.batch, x.in_flight) < std::tie(y.batch, y.in_flight);
    });
  }
  std::stable_sort(columns.begin(), columns.end(),
                   [](const Column& a, const Column& b) { return order_of(a) < order_of(b); });
  return columns;
}

// Names clash when one model file was retrained or measured on other data: then the hash is told.
void name_models(View& view) {
  std::map<std::string, int> uses;
  for (const ModelView& model : view.models) ++uses[model.title];
  for (ModelView& model : view.models) {
    if (uses[model.title] < 2) continue;
    const Summary& s = *model.columns.front().main;
    model.title += fmt::format(" ({}{}{})", s.model_sha256.substr(0, 8),
                               s.truth.empty() ? "" : ", ", s.truth.substr(0, 8));
  }
}

struct Named {
  std::string key, device, rest;
  const Summary* summary;
};

// Adds to the name only what is needed to tell the columns apart: runtime, precision, settings,
// host, SPEC.
void name_columns(View& view) {
  std::vector<Named> all;
  std::map<std::string, int> style;
  for (ModelView& model : view.models) {
    for (Column& column : model.columns) {
      const auto [at, added] = style.try_emplace(column.key, static_cast<int>(style.size()));
      column.style = at->second;
      if (!added) continue;
      const Summary& s = *column.main;
      const std::string runtime = short_runtime(s.device.runtime, s.backend);
      const std::string device = short_device(s.device.name, runtime);
      all.push_back({column.key, device.empty() ? s.spec : device, "", &s});
    }
  }
  using Extra = std::string (*)(const Summary&);
  const Extra extras[] = {
      [](const Summary& s) {
        return s.device.name.empty() ? std::string() : short_runtime(s.device.runtime, s.backend);
      },
      [](const Summary& s) { return std::string(to_string(s.precision)); },
      [](const Summary& s) { return settings_text(s); }, [](const Summary& s) { return s.host; },
      [](const Summary& s) { return s.spec; }};
  for (const Extra extra : extras) {
    std::map<std::pair<std::string, std::string>, std::vector<Named*>> same;
    for (Named& n : all) same[{n.device, n.rest}].push_back(&n);
    for (auto& [name, members] : same) {
      std::set<std::string> values;
      for (const Named* n : members) values.insert(extra(*n->summary));
      if (members.size() < 2 || values.size() < 2) continue;
      for (Named* n : members) {
        const std::string text = extra(*n->summary);
        if (!text.empty()) n->rest += (n->rest.empty() ? "" : ", ") + text;
      }
    }
  }
  for (const Named& n : all) view.names[n.key] = {n.device, n.rest};
}

}  // namespace

std::string View::name(const Column& column, Language language) const {
  const auto& [device, rest] = names.at(column.key);
  if (rest.empty()) return device;
  return device + (language == Language::en ? " (" : "(") + rest + ")";
}

View arrange(const std::vector<Summary>& summaries) {
  View view;
  for (const Summary& s : summaries)
    if (s.backend == "null") view.nulls.push_back(&s);
  for (const Group& group : grouped(summaries)) {
    ModelView model;
    model.title = group.first->model;
    std::vector<const Summary*> rows = without_repeats(group, model.repeated);
    put_aside_replaced(model, rows);
    model.columns = columns_of(rows);
    view.models.push_back(std::move(model));
  }
  name_models(view);
  name_columns(view);
  return view;
}

}  // namespace steelyard
