// SPDX-License-Identifier: Apache-2.0
// Ticks into readings, and the words that say what they are.
#include "steelyard/backend/simulated/instruments.h"

#include <fmt/format.h>

namespace steelyard::simulated {

namespace {

// A sensor that nobody has read for longer than this starts again from here.
constexpr nanoseconds kLongestGap = std::chrono::hours(1);

enum : std::uint16_t { kPower, kUtilisation, kLatency, kMemory };

Channel power_channel(const Profile& profile) {
  const PowerProfile& power = profile.power;
  Channel channel;
  channel.name = "power";
  channel.unit = "W";
  channel.boundary = power.boundary;
  channel.period = Activity::period_of(power);
  channel.provenance = Provenance::simulated;
  channel.low = power.band.low;
  channel.high = power.band.high;
  channel.average = power.sensor ? power.sensor->average : channel.period;
  if (power.sensor)
    channel.definition = fmt::format(
        "modelled from the profile {}, as this device's own sensor would report it: a moving "
        "average over {} ms, updated every {} ms, {} times the true power {:+} W",
        profile.id, power.sensor->average / std::chrono::milliseconds(1),
        power.sensor->update / std::chrono::milliseconds(1), power.sensor->gain,
        power.sensor->offset_watts);
  else
    channel.definition = fmt::format(
        "modelled from the profile {}: this device has no power sensor, so no instrument could "
        "show this number",
        profile.id);
  return channel;
}

Channel utilisation_channel(const Profile& profile) {
  Channel channel;
  channel.name = "utilisation";
  channel.unit = "%";
  channel.boundary = "chip";
  channel.definition = profile.utilisation.definition;
  channel.period = Activity::period_of(profile.power);
  channel.provenance = Provenance::simulated;
  channel.low = profile.utilisation.band.low;
  channel.high = profile.utilisation.band.high;
  return channel;
}

Channel latency_channel(const Profile& profile) {
  Channel channel;
  channel.name = "latency.predicted";
  channel.unit = "ns";
  channel.boundary = "query";
  channel.definition = fmt::format(
      "mean latency of a query of one window by the profile {}; the band is what its prediction "
      "is good for",
      profile.id);
  channel.provenance = Provenance::simulated;
  channel.low = profile.latency.band.low;
  channel.high = profile.latency.band.high;
  return channel;
}

Channel memory_channel(const Profile& profile) {
  Channel channel;
  channel.name = "memory";
  channel.unit = "B";
  channel.boundary = profile.memory->boundary;
  channel.definition = fmt::format("device memory in use, by the profile {}", profile.id);
  channel.provenance = Provenance::simulated;
  return channel;
}

std::vector<Channel> channels_of(const Profile& profile, bool loaded) {
  std::vector<Channel> channels{power_channel(profile), utilisation_channel(profile)};
  if (loaded) channels.push_back(latency_channel(profile));
  if (loaded && profile.memory) channels.push_back(memory_channel(profile));
  return channels;
}

class IdleSensor final : public Sensor {
 public:
  explicit IdleSensor(const Profile& profile)
      : channels_(channels_of(profile, false)),
        period_(Activity::period_of(profile.power)),
        watts_(Activity::reported(profile.power, profile.power.idle_watts)) {}

  std::vector<Channel> channels() const override { return channels_; }

  void read(nanoseconds until, std::vector<Reading>& readings) override {
    if (until - last_ > kLongestGap) last_ = until - kLongestGap;
    last_ -= last_ % period_;
    while (last_ + period_ <= until) {
      last_ += period_;
      readings.push_back({kPower, last_, watts_});
      readings.push_back({kUtilisation, last_, 0});
    }
  }

 private:
  const std::vector<Channel> channels_;
  const nanoseconds period_;
  const double watts_;
  nanoseconds last_{0};
};

class LoadedSensor final : public Sensor {
 public:
  LoadedSensor(const Profile& profile, const Prediction& prediction,
               std::shared_ptr<Activity> activity, nanoseconds from)
      : channels_(channels_of(profile, true)),
        prediction_(prediction),
        activity_(std::move(activity)) {
    activity_->run_until(from);
    next_ = activity_->count();
  }

  std::vector<Channel> channels() const override { return channels_; }

  void read(nanoseconds until, std::vector<Reading>& readings) override {
    activity_->run_until(until);
    if (next_ < activity_->first()) next_ = activity_->first();
    for (; next_ < activity_->count(); ++next_) {
      const Activity::Tick& tick = activity_->tick(next_);
      if (tick.end > until) break;
      readings.push_back({kPower, tick.end, tick.reported_watts});
      readings.push_back({kUtilisation, tick.end, 100 * tick.utilisation});
      readings.push_back({kLatency, tick.end, prediction_.mean_ns});
      if (channels_.size() > kMemory)
        readings.push_back({kMemory, tick.end, prediction_.memory_bytes});
    }
  }

 private:
  const std::vector<Channel> channels_;
  const Prediction prediction_;
  const std::shared_ptr<Activity> activity_;
  std::uint64_t next_ = 0;
};

}  // namespace

std::unique_ptr<Sensor> sensor_of_idle_device(const Profile& profile) {
  return std::make_unique<IdleSensor>(profile);
}

std::unique_ptr<Sensor> sensor_of_loaded_device(const Profile& profile,
                                                const Prediction& of_one_window,
                                                std::shared_ptr<Activity> activity,
                                                nanoseconds from) {
  return std::make_unique<LoadedSensor>(profile, of_one_window, std::move(activity), from);
}

}  // namespace steelyard::simulated
