// SPDX-License-Identifier: Apache-2.0
// The sensors of one device during a block. On a virtual clock they are read by the measuring
// thread; real ones are read at half their period by a thread of their own that sleeps in between.
// One that fails leaves a gap with its reason and is asked again later; the others go on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
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
  // One reading of each real channel; all up to `until` of a simulated one.
  void read(nanoseconds until, std::vector<Reading>& readings);
  // The same of those instruments only whose next reading is due.
  void read_due(nanoseconds until, std::vector<Reading>& readings);
  // The highest of all temperatures now; empty where there is no thermometer, or none answers.
  std::optional<double> hottest(nanoseconds now);
  // What failed since the last call.
  std::vector<Gap> take_gaps() { return std::exchange(gaps_, {}); }
  bool empty() const { return watched_.empty(); }
  // How often it is worth asking whether one is due.
  nanoseconds period() const { return period_; }

 private:
  struct Watched {
    std::unique_ptr<Sensor> sensor;
    std::uint16_t first_channel = 0, channels = 0;
    nanoseconds period{0}, due{0};
  };
  void read_one(Watched&, nanoseconds until, std::vector<Reading>& readings);
  void note_gap(const Watched&, nanoseconds at, const char* why);

  std::vector<Watched> watched_;
  std::vector<Channel> channels_;
  std::vector<Gap> gaps_;
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
  // The readings, in the order in which they were taken.
  std::vector<Reading> finish();

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace steelyard
