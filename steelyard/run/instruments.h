// SPDX-License-Identifier: Apache-2.0
// The sensors of one device during a block. On a virtual clock they are read by the measuring
// thread; real ones are read at their period by a thread of their own that sleeps in between.
#pragma once

#include <memory>
#include <vector>

#include "steelyard/base/clock.h"
#include "steelyard/record/record.h"
#include "steelyard/sensor/sensor.h"

namespace steelyard {

class Instruments {
 public:
  Instruments() = default;
  // Channels of all sensors in one list.
  explicit Instruments(std::vector<std::unique_ptr<Sensor>> sensors);
  const std::vector<Channel>& channels() const { return channels_; }
  // One reading a real channel; all up to `until` of a simulated one.
  void read(nanoseconds until, std::vector<Reading>& readings);
  bool empty() const { return sensors_.empty(); }
  // How often they are worth reading.
  nanoseconds period() const { return period_; }

 private:
  std::vector<std::unique_ptr<Sensor>> sensors_;
  std::vector<std::uint16_t> first_channel_;  // by sensor
  std::vector<Channel> channels_;
  nanoseconds period_{0};
};

// Reads real instruments from construction to finish(). Must be finished before the Instruments
// are used again.
class Watch {
 public:
  Watch(Instruments& instruments, const Clock& clock);
  ~Watch();
  Watch(const Watch&) = delete;  // owns a thread that points here
  Watch& operator=(const Watch&) = delete;
  // The readings. Throws Error when an instrument was lost.
  std::vector<Reading> finish();

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace steelyard
