// SPDX-License-Identifier: Apache-2.0
// A handler that sets a flag.
#include "cli/interrupt.h"

#include <unistd.h>

namespace steelyard::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a handler may not lock");

void on_signal(int) {
  interrupted = true;
  constexpr char text[] = "\nEnding after this block; once more ends at once.\n";
  (void)!::write(STDERR_FILENO, text, sizeof text - 1);
}

}  // namespace

Interrupt::Interrupt() {
  interrupted = false;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  ::sigaction(SIGINT, &action, &before_int_);
  ::sigaction(SIGTERM, &action, &before_term_);
}

Interrupt::~Interrupt() {
  ::sigaction(SIGINT, &before_int_, nullptr);
  ::sigaction(SIGTERM, &before_term_, nullptr);
}

const std::atomic<bool>& Interrupt::flag() const { return interrupted; }

}  // namespace steelyard::cli
