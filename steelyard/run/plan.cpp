// SPDX-License-Identifier: Apache-2.0
// From the user's words to cases, with everything checked that can be checked before a clock runs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "steelyard/backend/registry.h"
#include "steelyard/base/hash.h"
#include "steelyard/model/model.h"
#include "steelyard/run/artefacts.h"
#include "steelyard/run/feed.h"
#include "steelyard/run/inputs.h"
#include "steelyard/run/run.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

struct LoadedModel {
  std::string name;
  Model model;
  Feed feed;          // without its truth
  std::string truth;  // id, empty without a recipe
  std::vector<GivenInput> inputs;
};

// Outputs of our own engine in fp32, one window at a time: what every other answer is held against.
std::vector<float> reference_of(const Model& model, const Feed& feed) {
  const auto found = Registry::instance().resolve(parse_spec("native-cpu@fp32"));
  CompileOptions options;
  options.window = feed.window;
  const auto compiled = found.backend->compile(model, nullptr, found.device, options);
  const auto session = compiled->open(1);
  const FeedRing ring(feed, session->signature(), 1, 1);
  const std::uint32_t width = output_width(session->signature(), 1);
  std::vector<float> outputs(feed.windows * width);
  std::vector<std::uint8_t> seen(feed.windows);
  for (std::size_t slot = 0; slot < feed.windows; ++slot) {
    session->infer(ring.ring().input(slot), ring.ring().output(slot));
    ring.collect(slot, outputs, seen);
  }
  return outputs;
}

void add_reference(const Model& model, const Feed& feed, Truth& truth) {
  try {
    truth.reference = reference_of(original_of(model), feed);
  } catch (const Error& e) {
    truth.no_reference_because = e.what();
  }
}

// A name that no model has is a slip.
void check_inputs(const std::vector<GivenInput>& said, const std::vector<LoadedModel>& models) {
  for (const GivenInput& given : said) {
    std::set<std::string> known;
    for (const LoadedModel& loaded : models)
      for (const TensorInfo& input : loaded.model.inputs) known.insert(input.name);
    if (!known.contains(given.name))
      throw UsageError(fmt::format("no model has an input '{}'", given.name),
                       fmt::format("there is: {}", fmt::join(known, ", ")));
  }
}

std::vector<LoadedModel> load_models(const RunOptions& options, std::vector<Truth>& truths) {
  if (options.models.empty())
    throw UsageError("there is no model to measure", "add --model FILE.onnx");
  std::vector<LoadedModel> models;
  for (const auto& named : options.models) {
    LoadedModel loaded{named.name, load_model(fs::absolute(named.path)), {}, {}, {}};
    loaded.inputs = inputs_for(loaded.model, options.inputs);
    give_shapes(loaded.model, loaded.inputs);
    if (loaded.name.empty()) loaded.name = loaded.model.name;
    for (const auto& other : models)
      if (other.name == loaded.name && other.model.sha256 != loaded.model.sha256)
        throw UsageError(fmt::format("two models are called {}: {} and {}", loaded.name,
                                     other.model.path.string(), loaded.model.path.string()),
                         fmt::format("name one of them: --model NAME={}", named.path.string()));
    Feed feed = load_feed(loaded.model, options.data, options.ticker, options.seed, loaded.inputs);
    if (!feed.generated) {
      // Reference outputs differ in their last digits between CPUs, so the model stands for them.
      feed.truth.id = sha256(feed.truth.id + "\n" + loaded.model.sha256);
      loaded.truth = feed.truth.id;
      const bool known = std::any_of(truths.begin(), truths.end(),
                                     [&](const Truth& t) { return t.id == feed.truth.id; });
      if (!known) {
        add_reference(loaded.model, feed, feed.truth);
        truths.push_back(std::move(feed.truth));
      }
    }
    feed.truth = {};
    loaded.feed = std::move(feed);
    models.push_back(std::move(loaded));
  }
  check_inputs(options.inputs, models);
  return models;
}

// A device of the plan; `device.id` is empty when its backend is not ready.
struct Target {
  Spec spec;
  Device device;
  Precision precision = Precision::fp32;
};

Target resolve(const Spec& spec) {
  Target target{spec, {}, spec.precision.value_or(Precision::fp32)};
  try {
    const auto found = Registry::instance().resolve(spec);
    target.device = found.device;
    target.precision = found.precision;
  } catch (const NotReady&) {
    target.device.backend = spec.backend;
    target.device.id = spec.device;
    target.device.name = to_string(spec);
  }
  return target;
}

std::vector<Target> resolve_all(const std::vector<std::string>& texts) {
  if (texts.empty())
    throw UsageError("there is no device to measure on",
                     "add --device SPEC, for example --device native-cpu or --device all; "
                     "`steelyard devices` lists what is here");
  std::vector<Target> targets;
  for (const auto& text : texts) {
    const Spec spec = parse_spec(text);
    if (!spec.is_all() || !spec.host.empty()) {
      targets.push_back(resolve(spec));
      continue;
    }
    for (const auto& listing : Registry::instance().list()) {
      if (listing.availability.kind != Availability::Ready) continue;
      Spec each = parse_spec(listing.spec);
      each.precision = spec.precision;
      targets.push_back(resolve(each));
    }
  }
  return targets;
}

// The file of the backend's own kind that lies beside the model; the model itself where there is
// none. `steelyard convert` writes beside it which graph it was made from.
Artefact artefact_for(const Model& model, const std::string& backend) {
  const Artefact itself{"onnx", model.path.string(), model.sha256, model.sha256};
  const auto& entry = Registry::instance().find(backend);
  if (entry.backend == nullptr || entry.backend->artefact_kind() == "onnx") return itself;
  Artefact own{std::string(entry.backend->artefact_kind()), "", "", model.sha256};
  const auto file = fs::path(model.path).replace_extension("." + own.kind);
  if (std::error_code none; !fs::is_regular_file(file, none)) return itself;
  own.path = file.string();
  own.sha256 = sha256_of_file(file);
  if (const auto reference = reference_beside(file)) own.reference_sha256 = reference->sha256;
  return own;
}

// The truth of a case whose artefact was made from another graph than the model: judged against
// that graph, with the model's own outputs beside it.
std::string variant_truth(const LoadedModel& loaded, const Artefact& artefact,
                          std::vector<Truth>& truths) {
  if (loaded.truth.empty() || artefact.reference_sha256 == loaded.model.sha256) return loaded.truth;
  const std::string id = sha256(loaded.truth + "\n" + artefact.reference_sha256);
  const auto by_id = [&](const std::string& wanted) {
    return std::find_if(truths.begin(), truths.end(),
                        [&](const Truth& t) { return t.id == wanted; });
  };
  if (by_id(id) != truths.end()) return id;
  Truth variant = *by_id(loaded.truth);
  variant.id = id;
  variant.original = std::move(variant.reference);
  variant.reference.clear();
  if (const auto reference = reference_beside(artefact.path))
    add_reference(*reference, loaded.feed, variant);
  truths.push_back(std::move(variant));
  return id;
}

// All combinations of the values that were given for this backend.
std::vector<std::vector<Setting>> sweep(const RunOptions& options, const std::string& backend) {
  std::vector<std::vector<Setting>> combinations{{}};
  for (const auto& setting : options.settings) {
    if (setting.backend != backend) continue;
    std::vector<std::vector<Setting>> longer;
    for (const auto& combination : combinations)
      for (const auto& value : setting.values) {
        longer.push_back(combination);
        longer.back().push_back({setting.key, value});
      }
    combinations = std::move(longer);
  }
  return combinations;
}

void check_settings(const RunOptions& options, const std::vector<Target>& targets) {
  for (const auto& setting : options.settings) {
    Registry::instance().find(setting.backend);
    const bool used = std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
      return target.spec.backend == setting.backend;
    });
    if (!used)
      throw UsageError(fmt::format("--set {}.{} belongs to no device that is measured",
                                   setting.backend, setting.key),
                       fmt::format("add --device {}, or leave the setting out", setting.backend));
  }
}

void check_scenario(const Scenario& scenario) {
  if (batch_of(scenario) < 1 || batch_of(scenario) > 1 << 20)
    throw UsageError(fmt::format("a batch of {} windows cannot be measured", batch_of(scenario)),
                     "choose --batch between 1 and 1048576");
  if (in_flight_of(scenario) < 1 || in_flight_of(scenario) > 1024)
    throw UsageError(fmt::format("{} queries in flight cannot be measured", in_flight_of(scenario)),
                     "choose --in-flight between 1 and 1024");
  const bool paced =
      std::holds_alternative<Server>(scenario) || std::holds_alternative<FixedRate>(scenario);
  if (paced && !(rate_of(scenario) >= 1e-3 && rate_of(scenario) <= 1e8))
    throw UsageError(fmt::format("{} queries a second cannot be measured", rate_of(scenario)),
                     "choose --rate between 0.001 and 100000000, for example --rate 1000/s");
  if (const auto* peak = std::get_if<PeakRate>(&scenario); peak && peak->p99 <= nanoseconds(0))
    throw UsageError("PeakRate needs a limit for the 99th percentile", "for example --p99 5ms");
}

void check_effort(const Effort& effort) {
  if (effort.min_duration < nanoseconds(0) || effort.max_duration <= nanoseconds(0))
    throw UsageError("durations must be positive", "for example --max-duration 10s");
  if (effort.min_duration > effort.max_duration)
    throw UsageError(fmt::format("the shortest duration ({} s) is longer than the longest ({} s)",
                                 seconds_of(effort.min_duration), seconds_of(effort.max_duration)),
                     "raise --max-duration too");
  if (effort.min_queries < 1)
    throw UsageError("at least one query must be asked", "choose --min-queries 1 or more");
}

std::string random_campaign() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

}  // namespace

Effort effort_named(std::string_view name) {
  Effort effort;
  effort.name = name;
  if (name == "quick") return effort;
  if (name != "standard" && name != "publishable")
    throw UsageError(fmt::format("there is no effort '{}'", name),
                     "there is: quick, standard, publishable");
  const bool standard = name == "standard";
  effort.min_duration = std::chrono::seconds(standard ? 60 : 600);
  effort.max_duration = effort.min_duration * 2;
  effort.workers = standard ? 5 : 10;
  effort.blocks = standard ? 2 : 4;
  effort.target_error = standard ? 0.01 : 0.005;
  return effort;
}

Plan make_plan(const RunOptions& options) {
  if (options.scenarios.empty()) throw UsageError("there is no load to measure under");
  for (const Scenario& scenario : options.scenarios) check_scenario(scenario);
  check_effort(options.effort);
  Plan plan;
  plan.campaign = random_campaign();
  plan.seed = options.seed;
  plan.effort = options.effort;
  plan.data_path = options.data.empty() ? "" : fs::absolute(options.data).string();
  plan.ticker = options.ticker;
  plan.memory_limit = options.memory_limit;
  plan.energy = options.energy;
  plan.manifest = manifest_of_this_host(options.command);
  const auto targets = resolve_all(options.specs);
  check_settings(options, targets);
  std::set<std::string> known;
  const auto models = load_models(options, plan.truths);
  for (const auto& loaded : models)
    for (const auto& target : targets)
      for (const auto& settings : sweep(options, target.spec.backend))
        for (const Scenario& scenario : options.scenarios) {
          Case what;
          what.model = loaded.name;
          what.model_path = loaded.model.path.string();
          what.model_sha256 = loaded.model.sha256;
          what.artefact = artefact_for(loaded.model, target.spec.backend);
          what.spec = target.spec;
          what.device = target.device;
          what.precision = target.precision;
          what.settings = settings;
          what.inputs = loaded.inputs;
          what.scenario = scenario;
          what.truth = variant_truth(loaded, what.artefact, plan.truths);
          what.id = identity(what);
          if (known.insert(what.id).second) plan.cases.push_back(std::move(what));
        }
  return plan;
}

}  // namespace steelyard
