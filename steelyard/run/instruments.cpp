// SPDX-License-Identifier: Apache-2.0
// Reading sensors without disturbing what they watch.
#include "steelyard/run/instruments.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

// Half an instrument's period sees each of its updates, within these bounds: reading costs time.
constexpr nanoseconds kShortest = std::chrono::milliseconds(20);
constexpr nanoseconds kLongest = std::chrono::milliseconds(500);
// One that failed may be a cable that is put back.
constexpr nanoseconds kAgain = std::chrono::seconds(1);

}  // namespace

Instruments::Instruments(std::vector<std::unique_ptr<Sensor>> sensors) : period_(kLongest) {
  for (auto& sensor : sensors) {
    Watched watched;
    watched.first_channel = static_cast<std::uint16_t>(channels_.size());
    nanoseconds shortest = 2 * kLongest;
    for (auto& channel : sensor->channels()) {
      shortest = std::min(shortest, channel.period);
      channels_.push_back(std::move(channel));
      ++watched.channels;
    }
    watched.period = std::clamp(shortest / 2, kShortest, kLongest);
    period_ = std::min(period_, watched.period);
    watched.sensor = std::move(sensor);
    watched_.push_back(std::move(watched));
  }
}

void Instruments::read_one(Watched& watched, nanoseconds until, std::vector<Reading>& readings) {
  const std::size_t before = readings.size();
  try {
    watched.sensor->read(until, readings);
    watched.due = until + watched.period;
    for (std::size_t k = before; k < readings.size(); ++k)
      readings[k].channel = static_cast<std::uint16_t>(readings[k].channel + watched.first_channel);
  } catch (const Error& e) {
    readings.resize(before);
    watched.due = until + kAgain;
    note_gap(watched, until, e.what());
  }
}

void Instruments::note_gap(const Watched& watched, nanoseconds at, const char* why) {
  for (std::uint16_t i = 0; i < watched.channels; ++i) {
    const auto channel = static_cast<std::uint16_t>(watched.first_channel + i);
    const auto open = std::find_if(gaps_.rbegin(), gaps_.rend(),
                                   [&](const Gap& gap) { return gap.channel == channel; });
    if (open != gaps_.rend() && open->end >= at)
      open->end = watched.due;
    else
      gaps_.push_back({channel, at, watched.due, {ReasonCode::sensor_lost, {}, why}});
  }
}

void Instruments::read(nanoseconds until, std::vector<Reading>& readings) {
  for (Watched& watched : watched_) read_one(watched, until, readings);
}

void Instruments::read_due(nanoseconds until, std::vector<Reading>& readings) {
  for (Watched& watched : watched_)
    if (until >= watched.due) read_one(watched, until, readings);
}

std::optional<double> Instruments::hottest(nanoseconds now) {
  const auto is_thermometer = [](const Channel& channel) { return channel.unit == "°C"; };
  std::vector<Reading> readings;
  for (Watched& watched : watched_) {
    const auto first = channels_.begin() + watched.first_channel;
    if (std::any_of(first, first + watched.channels, is_thermometer))
      read_one(watched, now, readings);
  }
  std::optional<double> found;
  for (const Reading& reading : readings)
    if (is_thermometer(channels_[reading.channel]))
      found = std::max(found.value_or(reading.value), reading.value);
  return found;
}

struct Watch::Thread {
  std::vector<Reading> readings;
  std::exception_ptr failure;
  std::mutex mutex;
  std::condition_variable wake;
  bool stop = false;
  std::thread thread;

  void watch(Instruments& instruments, const Clock& clock) {
    std::unique_lock lock(mutex);
    try {
      instruments.read(clock.now(), readings);
      while (!stop) {
        instruments.read_due(clock.now(), readings);
        wake.wait_for(lock, instruments.period(), [this] { return stop; });
      }
      instruments.read(clock.now(), readings);
    } catch (...) {  // not an Error of an instrument, which leaves a gap
      failure = std::current_exception();
    }
  }
};

Watch::Watch(Instruments& instruments, const Clock& clock) {
  if (instruments.empty()) return;
  thread_ = std::make_unique<Thread>();
  thread_->readings.reserve(4096);
  thread_->thread =
      std::thread([this, &instruments, &clock] { thread_->watch(instruments, clock); });
}

std::vector<Reading> Watch::finish() {
  if (!thread_) return {};
  {
    const std::lock_guard lock(thread_->mutex);
    thread_->stop = true;
  }
  thread_->wake.notify_all();
  thread_->thread.join();
  const auto done = std::move(thread_);
  if (done->failure) std::rethrow_exception(done->failure);
  return std::move(done->readings);
}

Watch::~Watch() {
  if (!thread_) return;
  try {
    finish();
  } catch (const std::exception&) {
    // Another exception is under way; the instrument's own is the lesser news.
  }
}

}  // namespace steelyard
