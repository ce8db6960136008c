// SPDX-License-Identifier: Apache-2.0
// Spawning, asking and burying a worker.
#include "steelyard/run/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "steelyard/base/clock.h"
#include "steelyard/base/error.h"
#include "steelyard/run/framing.h"
#include "steelyard/run/last_words.h"
#include "steelyard/run/outcome.h"

extern char** environ;

namespace steelyard {
namespace {

[[noreturn]] void fail(const char* doing, int number) {
  throw Error(fmt::format("cannot {}: {}", doing, std::strerror(number)),
              "close other programs, or measure fewer cases at once");
}

struct Ends {
  int ours = -1, theirs = -1;
};

// A group of its own (Ctrl-C at the terminal is for the campaign, which lets the block end),
// default signals, and no descriptor but 0, 1 and 2.
pid_t spawn(const std::vector<std::string>& command, int channel, int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, channel, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, channel, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) fail("start a worker process", error);
  return pid;
}

Ends socket_ends() {
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail("connect a worker process", errno);
  return {ends[0], ends[1]};
}

}  // namespace

WorkerProcess::WorkerProcess(const std::vector<std::string>& command, std::uint64_t memory_limit)
    : memory_limit_(memory_limit) {
  const Ends channel = socket_ends();
  channel_ = channel.ours;
  int errors = -1;
  try {
    last_words_ = std::make_unique<LastWords>(errors);
    pid_ = spawn(command, channel.theirs, errors);
  } catch (...) {
    ::close(channel.ours);
    ::close(channel.theirs);
    if (errors >= 0) ::close(errors);
    throw;
  }
  ::close(channel.theirs);
  ::close(errors);
}

WorkerProcess::~WorkerProcess() {
  ::close(channel_);
  reap(nanoseconds(0));
}

// Waits at most `grace`, then kills the whole group. Returns what waitpid() says; 0 when it was
// killed by us.
int WorkerProcess::reap(nanoseconds grace) {
  if (pid_ < 0) return 0;
  const pid_t pid = std::exchange(pid_, -1);
  const nanoseconds until = MonotonicClock::read() + grace;
  int status = 0;
  MonotonicClock clock;
  while (true) {
    const pid_t done = ::waitpid(pid, &status, WNOHANG);
    if (done == pid) {
      ::kill(-pid, SIGKILL);  // what it started and left behind
      return status;
    }
    if (done < 0 && errno != EINTR) return 0;
    if (MonotonicClock::read() >= until) break;
    clock.sleep_until(MonotonicClock::read() + std::chrono::milliseconds(2));
  }
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return 0;
}

void WorkerProcess::lost(bool timed_out, nanoseconds limit) {
  // Time for a core dump to be written and for the last words to arrive.
  const int status = reap(timed_out ? nanoseconds(0) : std::chrono::seconds(10));
  WorkerLost lost;
  lost.outcome.kind = Outcome::Failed;
  Reason& reason = lost.outcome.reason;
  const std::string words = last_words_->finish();
  if (timed_out) {
    reason = {ReasonCode::timed_out, {{"seconds", seconds_of(limit), "s"}}, words};
    lost.outcome.hint = "measure this case alone, or with fewer threads";
  } else if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    reason = {ReasonCode::crashed, {{"signal", double(WTERMSIG(status)), ""}}, words};
    if (name != nullptr)
      reason.quoted = fmt::format("SIG{}{}{}", name, words.empty() ? "" : ": ", words);
    lost.outcome.hint = WTERMSIG(status) == SIGKILL
                            ? "perhaps memory ran out (see dmesg); measure fewer cases at once"
                            : "the runtime's library crashed; try another version of it";
  } else {
    reason = {ReasonCode::exited, {{"status", double(WEXITSTATUS(status)), ""}}, words};
  }
  throw lost;
}

// Looks at the worker now and then until it answers. Without a limit nobody looks: even this little
// would disturb it.
void WorkerProcess::wait_within_memory(nanoseconds until) {
  constexpr int kEveryMs = 50;
  if (memory_limit_ == 0) return;
  const std::string statm = fmt::format("/proc/{}/statm", pid_);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  pollfd waiting{channel_, POLLIN, 0};
  while (::poll(&waiting, 1, kEveryMs) == 0 && MonotonicClock::read() < until) {
    std::ifstream in(statm);
    std::uint64_t size = 0, resident = 0;
    if (!(in >> size >> resident) || resident * page <= memory_limit_) continue;
    reap(nanoseconds(0));
    WorkerLost lost;
    lost.outcome.kind = Outcome::Failed;
    lost.outcome.reason = {ReasonCode::over_memory,
                           {{"megabytes", static_cast<double>(memory_limit_) / 1e6, "MB"}},
                           last_words_->finish()};
    lost.outcome.hint = "raise --memory-limit, or measure a smaller batch";
    throw lost;
  }
}

Answer WorkerProcess::ask(const Request& request, nanoseconds limit) {
  try {
    write_frame(channel_, encode(request));
  } catch (const Error&) {
    lost(false, limit);
  }
  const nanoseconds until = MonotonicClock::read() + limit;
  wait_within_memory(until);
  const Frame frame = read_frame(channel_, until);
  if (frame.kind != Frame::whole) lost(frame.kind == Frame::timed_out, limit);
  try {
    return decode<Answer>(frame.payload);
  } catch (const Error& e) {
    throw WorkerLost{outcome_of(
        ErrorAnswer{std::string("the worker's answer cannot be read: ") + e.what(), ""})};
  }
}

}  // namespace steelyard
