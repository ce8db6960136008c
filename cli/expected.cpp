// SPDX-License-Identifier: Apache-2.0
// Rows of simulated devices beside measured ones: the plan of the databases once more, with the
// shipped profiles for devices, measured in virtual time and kept nowhere.
#include "cli/expected.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "cli/terminal.h"
#include "steelyard/backend/registry.h"
#include "steelyard/record/names.h"
#include "steelyard/run/run.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;

struct Workplace {  // gone when it is over
  Workplace() {
    std::string name = (fs::temp_directory_path() / "steelyard-expected-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(fmt::format("cannot make a folder in {}", fs::temp_directory_path().string()),
                  "check its space and permissions, or set TMPDIR");
    folder = name;
  }
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  Workplace(const Workplace&) = delete;  // owns the folder
  Workplace& operator=(const Workplace&) = delete;
  fs::path folder;
};

std::vector<std::string> simulated_specs() {
  std::vector<std::string> specs;
  for (const DeviceListing& listing : Registry::instance().list())
    if (listing.backend == "simulated" && listing.availability.kind == Availability::Ready)
      specs.push_back(listing.spec);
  return specs;
}

// Models by name, on one table; the newest plan wins.
using Data = std::pair<std::string, std::string>;  // file, ticker
std::map<Data, std::map<std::string, Case>> models_of(const std::vector<fs::path>& databases) {
  std::map<Data, std::map<std::string, Case>> out;
  for (const fs::path& file : databases)
    for (const Plan& plan : Store(file, Store::Mode::read).plans())
      for (const Case& what : plan.cases)
        if (!what.model_sha256.empty())
          out[{plan.data_path, plan.ticker}].insert_or_assign(what.model, what);
  return out;
}

// A real result of the same device, or the same row already.
bool is_there(const std::vector<Summary>& there, const Measurement& expected) {
  return std::any_of(there.begin(), there.end(), [&](const Summary& s) {
    if (s.outcome.kind != Outcome::Completed || s.model != expected.what.model) return false;
    if (s.provenance == Provenance::simulated) return s.spec == to_string(expected.what.spec);
    const auto& stands_for = expected.what.device.stands_for;
    return stands_for && stands_for_same(*stands_for, s.device);
  });
}

std::vector<Measurement> simulate(const RunOptions& options,
                                  const std::map<std::string, Case>& models) {
  Plan plan = make_plan(options);
  std::erase_if(plan.cases, [&](const Case& what) {
    if (what.model_sha256 == models.at(what.model).model_sha256) return false;
    talk(fmt::format("{} has changed since it was measured: no expected row on {}", what.model_path,
                     to_string(what.spec)));
    return true;
  });
  if (plan.cases.empty()) return {};
  const Workplace place;
  Store store(place.folder / "expected.db", Store::Mode::write);
  store.begin(plan);
  run(plan, [&](const Event& event) { store.append(plan, event); });
  return store.load();
}

}  // namespace

std::vector<Measurement> expected_beside(const std::vector<Summary>& there,
                                         const std::vector<fs::path>& databases,
                                         const std::string& command) {
  std::vector<Measurement> added;
  bool any_model = false;
  for (const auto& [data, models] : models_of(databases)) {
    RunOptions options;
    options.data = data.first;
    options.ticker = data.second;
    options.specs = simulated_specs();
    options.effort = effort_named("quick");
    options.command = command;
    for (const auto& [name, what] : models) {
      if (fs::exists(what.model_path) && (data.first.empty() || fs::exists(data.first)))
        options.models.push_back({name, what.model_path});
      else
        talk(fmt::format("{} or its data is not there any more: no expected rows for it",
                         what.model_path));
    }
    if (options.models.empty()) continue;
    any_model = true;
    auto rows = simulate(options, models);
    std::erase_if(rows, [&](const Measurement& m) { return is_there(there, m); });
    std::move(rows.begin(), rows.end(), std::back_inserter(added));
  }
  if (!any_model)
    throw Error("no model of these databases is where it was when it was measured",
                "leave out --with-expected, or put the model and its data back");
  std::set<std::string> names;
  for (const Measurement& m : added) names.insert(to_string(m.what.spec));
  talk(fmt::format("{} expected (simulated) rows added, not measured: {}", added.size(),
                   fmt::join(names, ", ")));
  return added;
}

}  // namespace steelyard::cli
