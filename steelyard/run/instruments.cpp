// SPDX-License-Identifier: Apache-2.0
// Reading sensors without disturbing what they watch.
#include "steelyard/run/instruments.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace steelyard {
namespace {

// An instrument that changes "on every read" is not asked more often than this.
constexpr nanoseconds kShortest = std::chrono::milliseconds(10);

}  // namespace

Instruments::Instruments(std::vector<std::unique_ptr<Sensor>> sensors)
    : sensors_(std::move(sensors)) {
  nanoseconds shortest = std::chrono::seconds(1);
  for (const auto& sensor : sensors_) {
    first_channel_.push_back(static_cast<std::uint16_t>(channels_.size()));
    for (auto& channel : sensor->channels()) {
      shortest = std::min(shortest, std::max(channel.period, kShortest));
      channels_.push_back(std::move(channel));
    }
  }
  period_ = shortest;
}

void Instruments::read(nanoseconds until, std::vector<Reading>& readings) {
  for (std::size_t i = 0; i < sensors_.size(); ++i) {
    const std::size_t before = readings.size();
    sensors_[i]->read(until, readings);
    for (std::size_t k = before; k < readings.size(); ++k)
      readings[k].channel = static_cast<std::uint16_t>(readings[k].channel + first_channel_[i]);
  }
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
      while (!stop) {
        instruments.read(clock.now(), readings);
        wake.wait_for(lock, instruments.period(), [this] { return stop; });
      }
      instruments.read(clock.now(), readings);
    } catch (...) {
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
