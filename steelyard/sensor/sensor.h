// SPDX-License-Identifier: Apache-2.0
// Instruments: anything that yields readings on the run's clock. A Sensor belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard {

class Sensor {
 public:
  virtual ~Sensor() = default;
  // What it reads; constant over its life. Reading::channel indexes this list (the caller offsets
  // it when it has several sensors).
  virtual std::vector<Channel> channels() const = 0;
  // A real instrument appends one reading a channel, taken now (`until` is ignored); a simulated
  // one appends every tick since the last call up to `until`. Throws Error when the instrument is
  // gone.
  virtual void read(nanoseconds until, std::vector<Reading>&) = 0;
};

// CPU time of this process, all threads, user and kernel, since it began
// (CLOCK_PROCESS_CPUTIME_ID).
nanoseconds process_cpu_time();
// CPU time that other processes of this host have used since boot (/proc/stat less our own); zero
// where it cannot be read.
nanoseconds other_cpu_time();
// Peak resident size of this process in bytes (VmHWM); 0 where it cannot be read.
std::uint64_t peak_memory();

// The CPU's name for people: "Intel(R) Xeon(R) Processor", "Cortex-A76 (Raspberry Pi 5 Model B Rev
// 1.0)". The second form takes the text of /proc/cpuinfo.
std::string cpu_name();
std::string cpu_name_in(std::string_view cpuinfo);

}  // namespace steelyard
