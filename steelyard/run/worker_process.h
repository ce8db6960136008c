// SPDX-License-Identifier: Apache-2.0
// A worker as its campaign sees it: spawned, asked with a deadline, and its last words when it is
// lost. Belongs to one thread; a thread inside drains stderr, so that a talkative library never
// blocks.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "steelyard/base/units.h"
#include "steelyard/record/message.h"

namespace steelyard {

class LastWords;

// The worker died, hung or does not speak our protocol.
struct WorkerLost {
  Outcome outcome;  // Failed: crashed, exited or timed_out
};

class WorkerProcess {
 public:
  // `command` is the program and its arguments. Throws Error when it cannot be started. A worker
  // with more than `memory_limit` bytes resident is killed; 0 = no limit.
  explicit WorkerProcess(const std::vector<std::string>& command, std::uint64_t memory_limit = 0);
  // Kills it and its children when it still runs.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;  // owns a process
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Throws WorkerLost. An ErrorAnswer is returned like any other.
  Answer ask(const Request& request, nanoseconds limit);

 private:
  [[noreturn]] void lost(bool timed_out, nanoseconds limit);
  void wait_within_memory(nanoseconds until);
  int reap(nanoseconds grace);

  pid_t pid_ = -1;
  std::uint64_t memory_limit_;
  int channel_ = -1;  // a socket: requests out, answers in
  std::unique_ptr<LastWords> last_words_;
};

}  // namespace steelyard
