// SPDX-License-Identifier: Apache-2.0
// Which rows count, and what each means as a system. Pure.
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <tuple>

#include "steelyard/advise/system.h"
#include "steelyard/record/names.h"

namespace steelyard::advising {
namespace {

bool completed(const Summary& s) { return s.outcome.kind == Outcome::Completed; }

std::string key_of(const Summary& s) {
  std::string key = fmt::format("{}\n{}\n{}", s.host, s.spec, to_string(s.precision));
  for (const auto& [name, value] : s.settings) key += "\n" + name + "=" + value;
  return key;
}

bool better(const Summary& a, const Summary& b) {
  return std::tuple(completed(a), a.manifest.started_at) >
         std::tuple(completed(b), b.manifest.started_at);
}

void leave_out_replaced(std::vector<const Summary*>& rows) {
  const auto all = rows;
  std::erase_if(rows, [&](const Summary* s) {
    if (s->provenance != Provenance::simulated || !s->device.stands_for) return false;
    return std::any_of(all.begin(), all.end(), [&](const Summary* other) {
      return other->provenance != Provenance::simulated && completed(*other) &&
             stands_for_same(*s->device.stands_for, other->device);
    });
  });
}

template <class Entries, class Products>
auto find_entry(const Entries& entries, Products products, const std::string& name) {
  return std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
    const auto& known = entry.second.*products;
    return std::any_of(known.begin(), known.end(),
                       [&](const std::string& product) { return names_product(name, product); });
  });
}

bool on_cpu(const Summary& s) {
  return s.device.physical_id == "cpu" || s.backend == "native-cpu" || s.spec.ends_with(":cpu");
}

bool whole_system(const std::string& boundary) {
  return boundary == "system" || boundary == "wall";
}

Estimate banded(const Summary& s, double watts) {
  const auto& p = s.power;
  if (!p.watts || *p.watts <= 0 || !p.low_watts || !p.high_watts) return exactly(watts);
  return {watts, watts * *p.low_watts / *p.watts, watts * *p.high_watts / *p.watts};
}

// Builds one system step by step.
class Builder {
 public:
  Builder(const Summary& s, const Question& question, const SystemTable& table,
          std::vector<Assumed>& assumed)
      : s_(s), question_(question), table_(table), assumed_(assumed) {}

  System build() {
    find();
    identity();
    if (completed(s_)) {
      speed();
      power();
    } else {
      out_.told.power_reason = s_.outcome.reason;
    }
    price();
    return std::move(out_);
  }

 private:
  void find() {
    out_.row = &s_;
    out_.is_cpu = on_cpu(s_);
    if (out_.is_cpu) {
      const auto host = find_entry(table_.hosts, &HostEntry::cpus, s_.device.name);
      if (host != table_.hosts.end()) host_ = &*host;
    } else {
      const std::string& name =
          s_.device.stands_for ? s_.device.stands_for->device : s_.device.name;
      const auto found = find_entry(table_.accelerators, &AcceleratorEntry::devices, name);
      if (found == table_.accelerators.end()) return;
      accelerator_ = &found->second;
      const auto host = table_.hosts.find(accelerator_->host);
      if (host != table_.hosts.end()) host_ = &*host;
    }
    if (host_ != nullptr) out_.host_id = host_->first;
  }

  void identity() {
    Candidate& c = out_.told;
    const std::string runtime = short_runtime(s_.device.runtime, s_.backend);
    std::string device =
        accelerator_ != nullptr ? accelerator_->name : short_device(s_.device.name, runtime);
    if (device.empty()) device = s_.spec;
    const std::string host = host_ != nullptr ? host_->second.name : s_.host;
    c.name = device;
    if (question_.boundary != "device" && !host.empty())
      c.name = host_ == nullptr ? host + ": " + device : out_.is_cpu ? host : host + " + " + device;
    c.name += " (" + runtime;
    if (s_.precision != Precision::fp32) c.name += fmt::format(", {}", to_string(s_.precision));
    for (const auto& [key, value] : s_.settings) c.name += ", " + key + "=" + value;
    c.name += ")";
    c.spec = s_.spec;
    c.host = s_.host;
    c.case_id = s_.case_id;
    c.precision = s_.obtained;
    c.provenance = s_.provenance;
    c.trust = s_.trust.kind;
  }

  void speed() {
    Candidate& c = out_.told;
    if (!s_.truth.empty() || s_.provenance != Provenance::imported) c.rmse = s_.accuracy.rmse;
    if (!s_.throughput_per_second || !(*s_.throughput_per_second > 0)) return;
    const double rate = *s_.throughput_per_second;
    c.capacity_per_second = exactly(rate);
    const auto& l = s_.latency_ns;
    if (l.mean && l.mean_ci && l.mean_ci->low > 0)
      c.capacity_per_second = {rate, rate * *l.mean / l.mean_ci->high,
                               rate * *l.mean / l.mean_ci->low};
  }

  // Watts at the wall for watts inside.
  Estimate at_wall(const Estimate& inside) {
    if (question_.boundary == "device" || host_ == nullptr || !host_->second.efficiency)
      return inside;
    const Estimate& e = take("efficiency", *host_->second.efficiency);
    return {inside.value / e.value, inside.low / e.high, inside.high / e.low};
  }

  const Estimate& take(const std::string& item, const Sourced& sourced) {
    note(host_->second.name, item, sourced);
    return sourced.value;
  }
  void note(const std::string& what, const std::string& item, const Sourced& sourced) {
    if (std::none_of(assumed_.begin(), assumed_.end(),
                     [&](const Assumed& a) { return a.what == what && a.item == item; }))
      assumed_.push_back({what, item, sourced.value, sourced.unit, sourced.as_of, sourced.source});
  }

  // What one more inference adds at the device itself.
  std::optional<Estimate> own_joules() const {
    if (s_.energy.dynamic_joules_per_query) return banded(s_, *s_.energy.dynamic_joules_per_query);
    if (s_.power.watts && s_.power.idle_watts && s_.throughput_per_second)
      return banded(s_, (*s_.power.watts - *s_.power.idle_watts) / *s_.throughput_per_second);
    return {};
  }

  // The host drives the device: a core waits or works while a query is under way.
  Estimate host_joules(double cores, bool surely) {
    const Estimate core = take("core_power", *host_->second.core_watts);
    const double seconds = cores / *s_.throughput_per_second;
    return {core.value * seconds, surely ? core.low * seconds : 0, core.high * seconds};
  }

  void power() {
    Candidate& c = out_.told;
    c.power_reason = s_.power.reason.value_or(Reason{ReasonCode::no_sensor, {}, ""});
    if (!c.capacity_per_second) return;
    const auto own = own_joules();
    const double cores = s_.utilisation.percent.value_or(100) / 100;
    if (question_.boundary == "device") {
      if (!own || !s_.power.idle_watts) return;
      set({{}, banded(s_, *s_.power.idle_watts), *own});
    } else if (own && s_.power.idle_watts && whole_system(s_.power.boundary)) {
      set({{}, banded(s_, *s_.power.idle_watts), *own});
    } else if (host_ != nullptr && host_->second.idle_watts) {
      const bool core = host_->second.core_watts.has_value();
      if (out_.is_cpu && (own || core)) {
        const Estimate idle = take("idle_power", *host_->second.idle_watts);
        set({idle, {}, own ? at_wall(*own) : host_joules(cores, true)});
      } else if (!out_.is_cpu && own && s_.power.idle_watts) {
        const Estimate idle = take("idle_power", *host_->second.idle_watts);
        const Estimate joules = at_wall(*own);
        set({idle, at_wall(banded(s_, *s_.power.idle_watts)),
             core ? joules + host_joules(1, false) : joules});
      }
    }
  }

  void set(const Needs& needs) {
    Candidate& c = out_.told;
    out_.watts = needs;
    c.power_reason.reset();
    c.idle_watts = needs.at(0);
    c.marginal_joules = needs.slope;
    const double capacity = c.capacity_per_second->value;
    c.busy_watts = needs.at(capacity);
    if (!question_.rate || *question_.rate > capacity) return;
    c.watts = needs.at(*question_.rate);
    c.joules_per_query = *c.watts * (1 / *question_.rate);
    c.kwh_per_day = *c.watts * 0.024;
  }

  void price() {
    const bool alone = question_.boundary == "device";
    Needs needs;
    const auto add = [&](const std::string& name, const std::optional<Sourced>& sourced,
                         Estimate& to) {
      if (!sourced) return false;
      note(name, "price", *sourced);
      to = to + sourced->value;
      return true;
    };
    out_.told.price_reason = Reason{ReasonCode::not_reported, {}, "price"};
    if (host_ == nullptr && !alone) return;
    if (!alone && !add(host_->second.name, host_->second.price, needs.shared)) return;
    if (!out_.is_cpu &&
        (accelerator_ == nullptr || !add(accelerator_->name, accelerator_->price, needs.fixed)))
      return;
    if (alone && out_.is_cpu) return;
    out_.told.price_reason.reset();
    out_.dollars = needs;
  }

  const Summary& s_;
  const Question& question_;
  const SystemTable& table_;
  std::vector<Assumed>& assumed_;
  const std::pair<const std::string, HostEntry>* host_ = nullptr;
  const AcceleratorEntry* accelerator_ = nullptr;
  System out_;
};

}  // namespace

std::vector<Rows> rows_of(const std::vector<Summary>& summaries, const std::string& model) {
  std::vector<Rows> out;
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> models;
  std::map<std::pair<std::size_t, std::string>, std::size_t> places;
  for (const Summary& s : summaries) {
    if (s.backend == "null" || !std::holds_alternative<SingleStream>(s.scenario)) continue;
    if (!model.empty() && s.model != model) continue;
    // Other tools' files name the model and nothing else.
    const auto kin = s.model_sha256.empty() ? std::find_if(summaries.begin(), summaries.end(),
                                                           [&](const Summary& other) {
                                                             return other.model == s.model &&
                                                                    !other.model_sha256.empty() &&
                                                                    other.backend != "null";
                                                           })
                                            : summaries.end();
    const Summary& of = kin == summaries.end() ? s : *kin;
    const auto [at, added] =
        models.try_emplace(std::tuple(of.model, of.model_sha256, of.truth), out.size());
    if (added) out.push_back({s.model, {}});
    std::vector<const Summary*>& rows = out[at->second].rows;
    const auto [place, fresh] = places.try_emplace({at->second, key_of(s)}, rows.size());
    if (fresh)
      rows.push_back(&s);
    else if (better(s, *rows[place->second]))
      rows[place->second] = &s;
  }
  for (Rows& one : out) leave_out_replaced(one.rows);
  return out;
}

const Summary* under_load(const std::vector<Summary>& summaries, const Summary& row,
                          const std::optional<double>& rate) {
  const Summary* best = &row;
  if (!rate) return best;
  for (const Summary& s : summaries) {
    const double offered = rate_of(s.scenario);
    if (offered < *rate || !completed(s) || s.model != row.model ||
        s.model_sha256 != row.model_sha256 || s.truth != row.truth || key_of(s) != key_of(row))
      continue;
    const double known = best == &row ? 0 : rate_of(best->scenario);
    if (best == &row || offered < known || (offered == known && better(s, *best))) best = &s;
  }
  return best;
}

System system_of(const Summary& s, const Question& question, const SystemTable& table,
                 std::vector<Assumed>& assumed) {
  return Builder(s, question, table, assumed).build();
}

}  // namespace steelyard::advising
