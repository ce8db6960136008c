// SPDX-License-Identifier: Apache-2.0
// `steelyard doctor`: what is missing or would spoil a measurement, and the command that mends it.
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/checks.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "steelyard/backend/registry.h"
#include "steelyard/base/clock.h"
#include "steelyard/record/encode.h"
#include "steelyard/run/run.h"
#include "steelyard/sensor/sensor.h"
#include "steelyard/train/train.h"

namespace steelyard::cli {
namespace {

Check check_governor(const Manifest& host) {
  Check check{"cpu.governor", {"CPU 주파수 정책", "CPU governor"}};
  if (host.governor.empty()) {
    check.found = {"읽을 수 없음(가상 머신에서는 정상)",
                   "not readable (usual in a virtual machine)"};
  } else {
    check.good = host.governor == "performance";
    check.found = {host.governor, host.governor};
    if (!check.good) check.hint = "sudo cpupower frequency-set -g performance";
  }
  return check;
}

Check check_cores(const Manifest& host) {
  Check check{"cpu.cores", {"CPU 코어", "CPU cores"}};
  check.good = host.cores >= 2;
  check.found = {fmt::format("{}개, {}", host.cores, host.cpu),
                 fmt::format("{}, {}", host.cores, host.cpu)};
  if (!check.good) check.hint = "with one core the campaign disturbs what it measures";
  return check;
}

Check check_load() {
  MonotonicClock clock;
  const nanoseconds others = other_cpu_time(), begin = clock.now();
  clock.sleep_until(begin + std::chrono::milliseconds(300));
  const double cores = seconds_of(other_cpu_time() - others) / seconds_of(clock.now() - begin);
  Check check{"cpu.other_load", {"다른 프로그램의 CPU 사용", "CPU used by others"}};
  check.good = cores < 0.10;
  check.found = {fmt::format("코어 {:.2f}개", cores), fmt::format("{:.2f} cores", cores)};
  if (!check.good) check.hint = "close other programs while measuring; `top` shows them";
  return check;
}

Check check_disk() {
  Check check{"disk.space", {"디스크 여유 공간", "disk space"}};
  struct statvfs disk {};
  const bool known = ::statvfs(".", &disk) == 0;
  const double mib = known ? double(disk.f_bavail) * double(disk.f_frsize) / (1 << 20) : 0;
  const bool writable = ::access(".", W_OK) == 0;
  check.good = known && mib >= 100 && writable;
  check.found = {fmt::format("{:.0f} MiB, {}", mib, writable ? "쓰기 가능" : "쓰기 불가"),
                 fmt::format("{:.0f} MiB, {}", mib, writable ? "writable" : "not writable")};
  if (!writable)
    check.hint = "change to a folder that you may write to, or give --db another one";
  else if (!check.good)
    check.hint = "free 100 MiB on this disk, or give --db another one";
  return check;
}

Check check_build(const Manifest& host) {
  Check check{"build", {"빌드", "build"}};
  check.good = host.build.starts_with("release");
  check.found = {host.build, host.build};
  if (!check.good) check.hint = "measure with a release build: cmake -DCMAKE_BUILD_TYPE=Release";
  return check;
}

Check check_training() {
  const Availability availability = train_availability();
  Check check{"train", {"학습(train)", "training"}};
  check.good = availability.kind == Availability::Ready;
  check.found =
      check.good ? Words{"사용 가능", "Ready"} : Words{availability.reason, availability.reason};
  check.hint = availability.hint;
  return check;
}

// Instruments are asked for their channels, not read: some wake a sleeping device.
Check check_instruments() {
  Check check{"sensors", {"전력 센서", "power sensors"}};
  std::string names;
  for (const auto& entry : Registry::instance().entries()) {
    if (entry.availability().kind != Availability::Ready) continue;
    for (const Device& device : entry.backend->devices()) {
      if (device.provenance != Provenance::measured) continue;
      for (const auto& sensor : entry.backend->sensors(device, nullptr))
        for (const Channel& channel : sensor->channels())
          if (channel.name == "power")
            names +=
                fmt::format("{}{} ({})", names.empty() ? "" : ", ", device.name, channel.boundary);
    }
  }
  for (const InstrumentListing& listing : list_instruments()) {
    const bool energy =
        std::any_of(listing.channels.begin(), listing.channels.end(), [](const auto& channel) {
          return channel.starts_with("power ") || channel.starts_with("energy ");
        });
    if (energy) names += fmt::format("{}{}", names.empty() ? "" : ", ", listing.name);
  }
  check.good = !names.empty();
  check.found = check.good ? Words{names, names}
                           : Words{"값 없음: 이 장치들에는 읽을 수 있는 전력 센서가 없음",
                                   "none: no device here has a power sensor that can be read"};
  return check;
}

std::vector<Check> all_checks() {
  const Manifest host = manifest_of_this_host("");
  std::vector<Check> checks{check_cores(host),  check_governor(host), check_load(),
                            check_disk(),       check_build(host),    check_training(),
                            check_instruments()};
  for (Check& check : check_accelerators()) checks.push_back(std::move(check));
  return checks;
}

// A line each: what it reads, or why it cannot be read and what to do.
std::string text_of(const std::vector<InstrumentListing>& instruments) {
  std::string text;
  for (const InstrumentListing& each : instruments) {
    const bool ready = each.availability.kind == Availability::Ready;
    text += fmt::format("{} {:24}  {}\n", ready ? "+" : "-", each.id, each.name);
    if (ready)
      text += fmt::format("    {}\n", fmt::join(each.channels, ", "));
    else
      text += fmt::format("    {}\n", each.availability.reason);
    if (!each.availability.hint.empty()) text += fmt::format("    -> {}\n", each.availability.hint);
  }
  return text;
}

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

int execute(const Doctor& words) {
  const auto listings = Registry::instance().list();
  const auto checks = all_checks();
  if (words.json) {
    std::string devices, rest;
    for (const auto& listing : listings)
      devices += (devices.empty() ? "" : ",\n") + to_json(listing);
    for (const auto& check : checks)
      rest += fmt::format("{}{{\"what\":{},\"good\":{},\"found\":{},\"hint\":{}}}",
                          rest.empty() ? "" : ",\n", json_text(check.what), check.good,
                          json_text(check.found.en), json_text(check.hint));
    std::string instruments;
    for (const auto& instrument : list_instruments())
      instruments += (instruments.empty() ? "" : ",\n") + to_json(instrument);
    print(fmt::format("{{\"devices\":[\n{}\n],\"checks\":[\n{}\n],\"instruments\":[\n{}\n]}}\n",
                      devices, rest, instruments));
    return 0;
  }
  print(render_devices(listings, render_options(words.language, Format::terminal)));
  print("\n");
  for (const auto& check : checks) {
    const std::string& title = check.title.in(words.language);
    print(fmt::format("{} {}{}  {}\n", check.good ? "+" : "!", title,
                      std::string(std::max(0, 26 - display_width(title)), ' '),
                      check.found.in(words.language)));
    if (!check.hint.empty()) print(fmt::format("    {}\n", check.hint));
  }
  print("\n" + text_of(list_instruments()));
  return 0;
}

}  // namespace steelyard::cli
