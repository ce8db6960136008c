// SPDX-License-Identifier: Apache-2.0
// Ctrl-C as a flag while this lives. The first one lets the running block end; a second one ends
// the program at once. One at a time.
#pragma once

#include <signal.h>

#include <atomic>

namespace steelyard::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;  // owns the signals' dispositions
  Interrupt& operator=(const Interrupt&) = delete;
  const std::atomic<bool>& flag() const;

 private:
  struct sigaction before_int_ {
  }, before_term_{};
};

}  // namespace steelyard::cli
