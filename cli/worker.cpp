// SPDX-License-Identifier: Apache-2.0
// `steelyard worker`: started by a campaign, never by hand.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "steelyard/run/run.h"

namespace steelyard::cli {

int execute(const Worker&) {
  if (::isatty(STDIN_FILENO) == 1)
    throw UsageError("`steelyard worker` is spoken to by `steelyard run`, not by hand",
                     "see `steelyard run --help`");
  // A worker in an endless loop must not outlive its campaign. One that was orphaned before this
  // line finds the end of its stdin instead.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return serve(STDIN_FILENO, STDOUT_FILENO);
}

int execute(const Said& said) {
  print(said.text);
  return 0;
}

}  // namespace steelyard::cli
