// SPDX-License-Identifier: Apache-2.0
// What `steelyard doctor` looks at. One thread.
#pragma once

#include <string>
#include <vector>

#include "steelyard/report/report.h"

namespace steelyard::cli {

// A sentence in both languages.
struct Words {
  std::string ko, en;
  const std::string& in(Language language) const { return language == Language::ko ? ko : en; }
};

struct Check {
  std::string what;  // stable name, for JSON
  Words title;
  bool good = true;
  Words found;
  std::string hint;  // a command or what to do, English
};

// Accelerators on the bus: link width and generation, who may and who does use their device files;
// what the board says of its supply; what WSL2 hides. Nothing is listed that is not there.
// $STEELYARD_SYS, $STEELYARD_PROC and $STEELYARD_DEV put other trees in the place of /sys, /proc
// and /dev.
std::vector<Check> check_accelerators();

}  // namespace steelyard::cli
