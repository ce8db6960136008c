// SPDX-License-Identifier: Apache-2.0
// NVIDIA GPUs through NVML: power as it is now and as an average, energy counter, utilisation,
// clocks, throttle reasons, temperature, memory, PCIe link. What a card does not support is left
// out when it is opened.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"
#include "steelyard/sensor/found.h"
#include "steelyard/sensor/nvml_library.h"

namespace steelyard::sensor {
namespace {

using nvml::Library;
using std::chrono::milliseconds;

// What is known of a family's power sensor: arXiv 2312.02741 and its data (GPU_Power_Benchmark,
// Overall_Results.xlsx). Of others we know neither how long a reading averages nor its error beyond
// the range that was seen over all cards: readings from 6 % low to 13 % high.
struct Family {
  const char* name;
  milliseconds average, period;  // of the instantaneous reading
  double low, high;              // true / reading
};
constexpr Family kFamilies[] = {
    {"3070 Ti", milliseconds(100), milliseconds(100), 1.0, 1.045},
    {"RTX 30", milliseconds(100), milliseconds(100), 0.885, 1.064},
    {"RTX 20", milliseconds(100), milliseconds(100), 0.885, 1.064},
    {"A100", milliseconds(25), milliseconds(100), 0.885, 1.064},
    {"H100", milliseconds(25), milliseconds(100), 0.885, 1.064},
    {"V100", milliseconds(10), milliseconds(20), 0.885, 1.064},
    {"P100", milliseconds(10), milliseconds(20), 0.885, 1.064},
};
constexpr Family kUnknown{"", milliseconds(0), milliseconds(100), 0.885, 1.064};

const Family& family_of(std::string_view card) {
  for (const Family& family : kFamilies)
    if (card.find(family.name) != std::string_view::npos) return family;
  return kUnknown;
}

struct Card {
  const Library* library = nullptr;
  nvml::Device handle = nullptr;
  std::string name, bus;  // "0000:01:00.0"
};

void check(const Library& library, const char* call, nvml::Return status) {
  if (status != nvml::kSuccess)
    throw Error(fmt::format("{}: {}", call, nvml::text_of(library, status)));
}

double as_double(const nvml::FieldValue& field) {
  switch (field.value_type) {
    case 0:
      return field.value.d;
    case 1:
      return field.value.u;
    case 2:
      return static_cast<double>(field.value.ul);
    case 3:
      return static_cast<double>(field.value.ull);
    case 4:
      return static_cast<double>(field.value.ll);
    default:
      return field.value.i;
  }
}

double field_of(const Card& card, unsigned id) {
  nvml::FieldValue field{};
  field.field = id;
  check(*card.library, "nvmlDeviceGetFieldValues", card.library->fields(card.handle, 1, &field));
  check(*card.library, "nvmlDeviceGetFieldValues", field.status);
  return as_double(field);
}

// One number of one of NVML's getters.
template <class T>
double value_of(const Card& card, const char* call, nvml::Return (*function)(nvml::Device, T*)) {
  T value{};
  check(*card.library, call, function(card.handle, &value));
  return static_cast<double>(value);
}
template <class T>
double value_of(const Card& card, const char* call, nvml::Return (*function)(nvml::Device, int, T*),
                int which) {
  T value{};
  check(*card.library, call, function(card.handle, which, &value));
  return static_cast<double>(value);
}

struct Probe {
  Channel channel;
  std::function<double(const Card&)> read;
};

Channel channel_of(const char* name, const char* unit, const char* boundary, nanoseconds period,
                   std::string definition) {
  Channel channel;
  channel.name = name;
  channel.unit = unit;
  channel.boundary = boundary;
  channel.period = period;
  channel.definition = std::move(definition);
  return channel;
}

void add_power(const Card& card, std::vector<Probe>& probes) {
  const Library& l = *card.library;
  const Family& family = family_of(card.name);
  const auto with_error = [&](Channel channel, nanoseconds average) {
    channel.low = family.low;
    channel.high = family.high;
    channel.average = average;
    return channel;
  };
  if (l.energy)
    probes.push_back({with_error(channel_of("energy", "J", "board", milliseconds(100),
                                            "NVML total energy counter since the driver was "
                                            "loaded, card with its memory"),
                                 family.average < family.period ? family.average : milliseconds(0)),
                      [](const Card& c) {
                        return 1e-3 * value_of(c, "nvmlDeviceGetTotalEnergyConsumption",
                                               c.library->energy);
                      }});
  if (l.fields) {
    probes.push_back({with_error(channel_of("power", "W", "board", family.period,
                                            "NVML instantaneous power (field 186), card with its "
                                            "memory"),
                                 family.average),
                      [](const Card& c) { return 1e-3 * field_of(c, nvml::kFieldPowerInstant); }});
    probes.push_back({with_error(channel_of("power.average", "W", "board", milliseconds(100),
                                            "NVML power averaged over 1 s (field 185), card with "
                                            "its memory"),
                                 std::chrono::seconds(1)),
                      [](const Card& c) { return 1e-3 * field_of(c, nvml::kFieldPowerAverage); }});
  }
}

// For drivers without field 186. Which of two things it returns depends on the card, and an
// average of 1 s taken for an instant would be wrong at both ends of a load.
Probe usage_probe(const Card& card) {
  Channel channel = channel_of("power", "W", "board", milliseconds(100),
                               "NVML power usage, card with its memory: the average of 1 s on "
                               "Ampere and newer, instantaneous before and on GA100");
  channel.low = family_of(card.name).low;
  channel.high = family_of(card.name).high;
  return {channel, [](const Card& c) {
            return 1e-3 * value_of(c, "nvmlDeviceGetPowerUsage", c.library->power);
          }};
}

void add_state(const Library& l, std::vector<Probe>& probes) {
  const auto add = [&](bool there, Channel channel, std::function<double(const Card&)> read) {
    if (there) probes.push_back({std::move(channel), std::move(read)});
  };
  const auto second = std::chrono::seconds(1);
  add(l.utilisation,
      channel_of("utilisation", "%", "chip", milliseconds(167),
                 "NVML: share of the past sample period in which one or more kernels were "
                 "executing; not how much of the chip they used"),
      [](const Card& c) {
        nvml::Utilisation value{};
        check(*c.library, "nvmlDeviceGetUtilizationRates",
              c.library->utilisation(c.handle, &value));
        return static_cast<double>(value.gpu);
      });
  add(l.memory,
      channel_of("memory", "B", "board", second, "NVML: device memory in use by all processes"),
      [](const Card& c) {
        nvml::Memory value{};
        check(*c.library, "nvmlDeviceGetMemoryInfo", c.library->memory(c.handle, &value));
        return static_cast<double>(value.used);
      });
  add(l.clock, channel_of("clock.sm", "MHz", "chip", milliseconds(100), "NVML: SM clock"),
      [](const Card& c) {
        return value_of(c, "nvmlDeviceGetClockInfo", c.library->clock, nvml::kClockSm);
      });
  add(l.clock, channel_of("clock.memory", "MHz", "board", milliseconds(100), "NVML: memory clock"),
      [](const Card& c) {
        return value_of(c, "nvmlDeviceGetClockInfo", c.library->clock, nvml::kClockMemory);
      });
  add(l.throttle,
      channel_of("throttle", "bits", "chip", milliseconds(100),
                 "NVML clocks event reasons, a bit each: 0x4 power cap, 0x8 slowdown by hardware, "
                 "0x20 by heat, 0x40 by heat in hardware, 0x80 by the power brake"),
      [](const Card& c) {
        return value_of(c, "nvmlDeviceGetCurrentClocksEventReasons", c.library->throttle);
      });
  add(l.temperature, channel_of("temperature", "°C", "chip", second, "NVML: GPU temperature"),
      [](const Card& c) {
        return value_of(c, "nvmlDeviceGetTemperature", c.library->temperature,
                        nvml::kTemperatureGpu);
      });
  add(l.link_generation,
      channel_of("pcie.generation", "", "board", second, "NVML: PCIe generation of the link now"),
      [](const Card& c) {
        return value_of(c, "nvmlDeviceGetCurrPcieLinkGeneration", c.library->link_generation);
      });
  add(l.link_width,
      channel_of("pcie.width", "lanes", "board", second, "NVML: PCIe lanes of the link now"),
      [](const Card& c) {
        return value_of(c, "nvmlDeviceGetCurrPcieLinkWidth", c.library->link_width);
      });
}

// What this card answers now; the rest is not supported on it.
std::vector<Probe> probes_of(const Card& card) {
  std::vector<Probe> wanted, probes;
  add_power(card, wanted);
  add_state(*card.library, wanted);
  const auto keep = [&](Probe& probe) {
    try {
      if (std::isfinite(probe.read(card))) probes.push_back(std::move(probe));
    } catch (const Error&) {
      // NOT_SUPPORTED is the usual answer; whatever it is, there is nothing to read.
    }
  };
  for (Probe& probe : wanted) keep(probe);
  const bool power = std::any_of(probes.begin(), probes.end(),
                                 [](const Probe& p) { return p.channel.name == "power"; });
  if (!power && card.library->power) {
    Probe usage = usage_probe(card);
    keep(usage);
  }
  return probes;
}

class Nvml final : public Sensor {
 public:
  explicit Nvml(const Card& card) : card_(card), probes_(probes_of(card)) {}

  std::vector<Channel> channels() const override {
    std::vector<Channel> channels;
    for (const Probe& probe : probes_) channels.push_back(probe.channel);
    return channels;
  }

  void read(nanoseconds, std::vector<Reading>& readings) override {
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      const double value = probes_[i].read(card_);
      readings.push_back({static_cast<std::uint16_t>(i), MonotonicClock::read(), value});
    }
  }

 private:
  const Card card_;
  const std::vector<Probe> probes_;
};

// "00000000:01:00.0" as NVML writes it, "0000:01:00.0" as everybody else does.
std::string bus_of(const nvml::PciInfo& pci) {
  return fmt::format("{:04x}:{:02x}:{:02x}.0", pci.domain, pci.bus, pci.device);
}

Card card_at(const Library& library, unsigned index) {
  Card card;
  card.library = &library;
  check(library, "nvmlDeviceGetHandleByIndex", library.handle(index, &card.handle));
  char name[96] = "";
  check(library, "nvmlDeviceGetName", library.name(card.handle, name, sizeof name));
  nvml::PciInfo pci{};
  check(library, "nvmlDeviceGetPciInfo", library.pci(card.handle, &pci));
  card.name = name;
  card.bus = bus_of(pci);
  return card;
}

}  // namespace

std::vector<Found> find_nvml(const InstrumentRoots& roots) {
  const Library& library = nvml::library(roots.nvml);
  Found none;
  none.listing.id = "nvml";
  none.listing.name = "NVIDIA GPUs (NVML)";
  if (!library.reason.empty()) {
    none.listing.availability = {
        library.missing ? Availability::NoRuntime : Availability::NoDevice, library.reason,
        library.missing ? "install NVIDIA's driver where there is a GPU" : "see `nvidia-smi`"};
    return {none};
  }
  std::vector<Found> all;
  unsigned count = 0;
  if (library.count(&count) != nvml::kSuccess) count = 0;
  for (unsigned index = 0; index < count; ++index) {
    Found found;
    found.listing.id = fmt::format("nvml:{}", index);
    try {
      const Card card = card_at(library, index);
      found.listing.name = card.name;
      found.listing.physical_id = "pci-" + card.bus;
      found.listing.channels = described(Nvml(card).channels());
      found.open = [card] { return std::make_unique<Nvml>(card); };
    } catch (const Error& e) {
      found.listing.availability = {Availability::NoDevice, e.what(), "see `nvidia-smi`"};
    }
    all.push_back(std::move(found));
  }
  if (all.empty()) {
    none.listing.availability = {Availability::NoDevice, "the driver sees no GPU", ""};
    all.push_back(std::move(none));
  }
  return all;
}

}  // namespace steelyard::sensor
