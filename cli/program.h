// SPDX-License-Identifier: Apache-2.0
// Running another program and reading what it says. One thread.
#pragma once

#include <string>
#include <vector>

namespace steelyard::cli {

struct Ran {
  int status = 0;      // as a shell counts: 128 + signal when it was killed, 127 when not found
  std::string output;  // stdout and stderr together
};
// `words[0]` is looked for in $PATH. Throws Error when nothing can be started at all.
Ran run_program(const std::vector<std::string>& words);

// Where $PATH has it; empty when it has not.
std::string find_program(const std::string& name);

}  // namespace steelyard::cli
