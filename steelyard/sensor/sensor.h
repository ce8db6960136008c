// SPDX-License-Identifier: Apache-2.0
// Instruments: anything that yields readings on the run's clock. A Sensor belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
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

// Where the instruments of this host are looked for.
struct InstrumentRoots {
  std::filesystem::path sys = "/sys";
  std::filesystem::path proc = "/proc";
  std::filesystem::path nvml = "libnvidia-ml.so.1";  // a name for the loader, or a file
};
// The above, or $STEELYARD_SYS, $STEELYARD_PROC and $STEELYARD_NVML where they are set (a recorded
// tree, a container's mount, a stand-in library).
InstrumentRoots instrument_roots();

// What there is to read on this host besides what a runtime alone knows: CPU time, RAPL, hwmon,
// NVML. Nothing is measured; an instrument that may not be read says why and what to do.
std::vector<InstrumentListing> list_instruments(const InstrumentRoots& = instrument_roots());

// Those that watch a device of this physical_id ("cpu", "pci-0000:01:00.0"), the ones that watch it
// alone before those of the whole host. Empty for simulated devices.
std::vector<std::unique_ptr<Sensor>> instruments_of(std::string_view physical_id,
                                                    const InstrumentRoots& = instrument_roots());

// An outside meter by the file that it writes: "csv:FILE,time=COLUMN,watts=COLUMN".
struct MeterSource {
  std::filesystem::path file;
  std::string time, watts;  // names of columns
};
// Throws UsageError that shows the form.
MeterSource parse_meter(std::string_view text);

struct MeterFile {
  std::vector<double> seconds, watts;  // ascending
  bool since_1970 = false;             // else they count from the meter's own beginning
  double period_seconds = 0;           // usual distance of two readings
  std::string original;                // the file as it was read
};
// Times are numbers (s, or s, ms, us, ns since 1970) or dates (2026-05-01T12:30:00.25+02:00; no
// zone: UTC); separated by comma, semicolon or tab. A last line that is still being written is left
// out. Throws Error that names file and line.
MeterFile read_meter(const MeterSource&);

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
