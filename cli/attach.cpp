// SPDX-License-Identifier: Apache-2.0
// `steelyard attach`: watts from outside, a meter's file or figures read by eye, added to a
// finished database. What was measured stays as it is; --undo takes the last addition away.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <utility>

#include "cli/commands.h"
#include "cli/meter.h"
#include "cli/terminal.h"
#include "steelyard/base/error.h"
#include "steelyard/sensor/sensor.h"
#include "steelyard/stats/stats.h"
#include "steelyard/store/store.h"

namespace steelyard::cli {
namespace {

std::string now_text() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

std::string host_of(const Measurement& m) {
  return m.what.spec.host.empty() ? m.manifest.host : m.what.spec.host;
}

bool has_pass(const Measurement& m) {
  for (const Block& block : m.blocks)
    if (block.phase == Phase::load && block.items > 0) return true;
  return false;
}

void check_boundary(const std::string& boundary) {
  for (const char* known : {"chip", "module", "board", "system", "wall"})
    if (boundary == known) return;
  throw UsageError(fmt::format("'{}' is not a place where power is measured", boundary),
                   "--boundary is chip, module, board, system or wall");
}

// "3.4W", "3.4", "250mW".
double watts_of(std::string_view text, std::string_view whole) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double scale = unit.empty() || unit == "W" ? 1 : unit == "mW" ? 1e-3 : 0;
  if (error != std::errc() || scale == 0 || !std::isfinite(value) || value < 0 || value > 1e6)
    throw UsageError(fmt::format("--power {}: '{}' is not a power", whole, text),
                     "write --power idle=3.4W,active=4.6W");
  return value * scale;
}

EnteredPower parse_power(std::string_view text) {
  EnteredPower entered;
  const std::string_view whole = text;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto equals = part.find('=');
    const auto key = part.substr(0, equals);
    auto* const into = key == "idle"     ? &entered.idle_watts
                       : key == "active" ? &entered.active_watts
                                         : nullptr;
    if (into == nullptr || equals == std::string_view::npos || *into)
      throw UsageError(fmt::format("--power does not know '{}'", part),
                       "write --power idle=3.4W,active=4.6W");
    *into = watts_of(part.substr(equals + 1), whole);
  }
  if (!entered.active_watts)
    throw UsageError("--power needs the watts under load", "write --power idle=3.4W,active=4.6W");
  if (entered.idle_watts && *entered.idle_watts > *entered.active_watts)
    throw UsageError("the idle power is greater than the active power", "exchange the two");
  return entered;
}

// Those of the host, and of the device where one was named; simulated ones have no wall.
std::vector<const Measurement*> chosen(const std::vector<Measurement>& all, const Attach& words) {
  std::vector<const Measurement*> cases;
  std::map<std::string, int> hosts;
  for (const Measurement& m : all) {
    if (m.what.device.provenance == Provenance::simulated) continue;
    ++hosts[host_of(m)];
    const bool host = words.host.empty() || host_of(m) == words.host;
    const bool device = words.device.empty() || to_string(m.what.spec) == words.device;
    if (host && device) cases.push_back(&m);
  }
  std::string names;
  for (const auto& [name, count] : hosts) names += (names.empty() ? "" : ", ") + name;
  if (cases.empty())
    throw UsageError(
        fmt::format("{} holds no measured case of that host or device", words.database.string()),
        names.empty() ? "simulated devices have no wall to be measured at"
                      : fmt::format("its hosts are: {}", names));
  if (words.host.empty() && hosts.size() > 1)
    throw UsageError(fmt::format("{} holds cases of several hosts", words.database.string()),
                     fmt::format("say which one was measured: --host, one of {}", names));
  return cases;
}

int enter(const Attach& words) {
  check_boundary(words.boundary);
  if (words.boundary_is_default)
    throw UsageError("it is not said where the power was read", "add --boundary, for example wall");
  Attachment attachment;
  attachment.entered = parse_power(words.power);
  attachment.entered->boundary = words.boundary;
  attachment.entered->note = words.note;
  Store store(words.database, Store::Mode::write);
  const auto all = store.load();
  const auto cases = chosen(all, words);
  attachment.host = host_of(*cases.front());
  attachment.spec = words.device;
  attachment.attached_at = now_text();
  store.attach(attachment, "");
  talk(fmt::format("Entered for {} cases; `steelyard attach {} --undo` takes it back.",
                   cases.size(), words.database.string()));
  return 0;
}

int undo(const Attach& words) {
  Store store(words.database, Store::Mode::write);
  const auto gone = store.detach();
  if (!gone)
    throw UsageError(fmt::format("nothing was attached to {}", words.database.string()),
                     "there is nothing to undo");
  talk(gone->entered ? fmt::format("The watts entered at {} are gone.", gone->attached_at)
                     : fmt::format("The readings of {}, attached at {}, are gone.", gone->file,
                                   gone->attached_at));
  return 0;
}

}  // namespace

void attach_meter(Store& store, const Attach& words) {
  check_boundary(words.boundary);
  const MeterSource source = parse_meter(words.meter);
  const MeterFile meter = read_meter(source);
  const auto all = store.load();
  auto cases = chosen(all, words);
  std::erase_if(cases, [](const Measurement* m) { return !has_pass(*m); });
  if (cases.empty())
    throw UsageError("these cases have no energy pass that a meter could be laid over",
                     "measure them with `steelyard run --mark-power` while the meter writes");
  const std::string campaign = cases.back()->campaign;
  std::erase_if(cases, [&](const Measurement* m) { return m->campaign != campaign; });
  if (!meter.since_1970 && !has_marks(cases))
    throw UsageError(
        fmt::format("the times of {} count from its own beginning", source.file.string()),
        "measure with --mark-power, so that its pulses can be found");
  if (meter.since_1970 && cases.front()->manifest.since_1970 == nanoseconds(0))
    throw UsageError("the database does not say what time it was when it was measured",
                     "measure again with this version");
  auto aligned =
      align_meter(meter.seconds, meter.watts, meter.since_1970, meter.period_seconds, cases);
  if (aligned.readings.empty())
    throw Error(
        fmt::format("{} holds no reading from the time of the energy passes", source.file.string()),
        "give the file that the meter wrote meanwhile; times without a zone are UTC");
  Attachment attachment;
  attachment.host = host_of(*cases.front());
  attachment.spec = words.device;
  attachment.campaign = campaign;
  attachment.file = source.file.string();
  attachment.attached_at = now_text();
  attachment.alignment = aligned.alignment;
  Channel& channel = attachment.channel;
  channel.name = "meter";
  channel.unit = "W";
  channel.boundary = words.boundary;
  channel.definition =
      fmt::format("outside meter, column {} of {}", source.watts, source.file.filename().string());
  channel.period = from_seconds(meter.period_seconds);
  attachment.readings = std::move(aligned.readings);
  store.attach(attachment, meter.original);
  talk(fmt::format(
      "{} readings attached to {} cases by {}: shift {:.3f} s, drift {:.0f} ppm, "
      "quality {:.3f}{}.",
      attachment.readings.size(), cases.size(), aligned.alignment.method,
      aligned.alignment.shift_seconds, aligned.alignment.drift_ppm, aligned.alignment.quality,
      aligned.alignment.quality < 0.8 ? " (INSUFFICIENT: below 0.8)" : ""));
}

bool has_marks(const std::vector<const Measurement*>& cases) {
  for (const Measurement* m : cases)
    for (const Block& block : m->blocks)
      if (block.phase == Phase::mark) return true;
  return false;
}

int execute(const Attach& words) {
  const int wishes = words.undo + !words.meter.empty() + !words.power.empty();
  if (wishes != 1)
    throw UsageError("say one thing to attach",
                     "--meter csv:..., --power idle=...,active=... or "
                     "--undo");
  if (words.undo) return undo(words);
  if (!words.power.empty()) return enter(words);
  Store store(words.database, Store::Mode::write);
  attach_meter(store, words);
  talk(fmt::format("`steelyard attach {} --undo` takes it back.", words.database.string()));
  return 0;
}

}  // namespace steelyard::cli
