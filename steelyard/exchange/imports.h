// SPDX-License-Identifier: Apache-2.0
// What the readers of other tools' files share. Pure, thread-safe. Private to `exchange`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/exchange/exchange.h"

namespace steelyard::exchange {

using Parsed = nlohmann::json;

// A file and what the user says about it.
struct Source {
  std::string name;
  std::string_view text;
  const ImportOptions& options;

  // Throws Error: "FILE: what", with the way out.
  [[noreturn]] void refuse(const std::string& what) const;
};

// One case under construction: what is not said stays unsaid.
class Draft {
 public:
  Draft(const Source&, std::string backend, std::string runtime, std::string tool);

  Draft& model(const std::string& name);  // unless the user named it
  Draft& device(const std::string& name);
  Draft& scenario(Scenario);
  Draft& setting(const std::string& key, const std::string& value);
  Draft& started(const std::string& when);
  // Ignored where it is not a number from 0 on.
  Draft& figure(const std::string& name, std::optional<double> value, const std::string& unit);
  Draft& channel(const std::string& name, const std::string& unit, const std::string& boundary,
                 const std::string& definition);
  Draft& block(Block);
  bool empty() const { return out_.blocks.empty() && out_.reported->figures.empty(); }
  Measurement take();

 private:
  Measurement out_;
  const Source& source_;
};

// A number, or a text that begins with one ("1.23 W").
std::optional<double> number_in(const Parsed&);
std::optional<double> number_of(std::string_view);
// The member's number; empty when there is none.
std::optional<double> number_at(const Parsed& object, const char* key);
std::string text_at(const Parsed& object, const char* key);
std::optional<double> times(std::optional<double> value, double k);
// Throws where it is not JSON or nested beyond reason.
Parsed parse_json(const Source&);
std::vector<std::string> lines_of(std::string_view);
std::vector<std::string> cells_of(std::string_view line, char separator);  // quotes as in RFC 4180
// What follows `label` on the line that holds it; empty when no line does.
std::string after(std::string_view text, std::string_view label);

std::vector<Measurement> import_seed(const Source&);
std::vector<Measurement> import_trtexec_times(const Source&);
std::vector<Measurement> import_trtexec_profile(const Source&);
std::vector<Measurement> import_hailortcli_json(const Source&);
std::vector<Measurement> import_hailortcli_csv(const Source&);
std::vector<Measurement> import_benchmark_app_json(const Source&);
std::vector<Measurement> import_benchmark_app_csv(const Source&);
std::vector<Measurement> import_benchmark_app_console(const Source&);
std::vector<Measurement> import_perf_test(const Source&);
std::vector<Measurement> import_loadgen_summary(const Source&);
std::vector<Measurement> import_loadgen_detail(const Source&);
std::vector<Measurement> import_nvidia_smi(const Source&);

}  // namespace steelyard::exchange
