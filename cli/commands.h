// SPDX-License-Identifier: Apache-2.0
// What each command does. Results go to stdout, talk to stderr; the value is the exit code. Throws
// Error for main() to print.
#pragma once

#include "cli/options.h"

namespace steelyard::cli {

int execute(const Devices&);
int execute(const Doctor&);
int execute(const Train&);
int execute(const Run&);
int execute(const Report&);
int execute(const Export&);
int execute(const Compare&);
int execute(const Import&);
int execute(const Attach&);
int execute(const Advise&);
int execute(const Convert&);
int execute(const Describe&);
int execute(const BuildBackend&);
int execute(const Verify&);
int execute(const Worker&);
int execute(const Said&);

}  // namespace steelyard::cli
