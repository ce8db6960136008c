// SPDX-License-Identifier: Apache-2.0
// What HailoRT's scheduler says of its devices: with HAILO_MONITOR=1 when the device is opened, it
// writes a small protobuf message once a second to /tmp/hmon_files/<process id>XXXXXX. Thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace steelyard::hailo {

// Tells HailoRT, before the device is opened, whether to watch: that costs a note a frame.
void watch_scheduler(bool on);

// The file of this process; empty where there is none.
std::filesystem::path monitor_file();

// Percent of the last interval of the first device in ProtoMon (scheduler_mon.proto of 4.20 to
// 4.23); nothing where the message does not say.
std::optional<double> utilisation_in(std::string_view message);

}  // namespace steelyard::hailo
