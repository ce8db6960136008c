// SPDX-License-Identifier: Apache-2.0
// The built program as a user starts it: words in; stdout, stderr and the exit code out.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/constant_device.h"
#include "tests/run/files.h"

extern char** environ;

namespace steelyard {

struct Said {
  int code = -1;  // 128 + signal when it was killed
  std::string out, err;
};

class Program {
 public:
  explicit Program(const TemporaryFolder& folder) : folder_(folder) {
    environment_ = {{"LC_ALL", "C"}, {"COLUMNS", "80"}};
    // Tests run beside each other; each has a host to itself.
    set("STEELYARD_LOCK", folder / "host.lock");
  }
  void set(const std::string& name, const std::string& value) { environment_[name] = value; }

  Said run(const std::vector<std::string>& words) const { return wait(start(words)); }

  pid_t start(const std::vector<std::string>& words) const {
    std::vector<std::string> arguments{STEELYARD_BUILD "/bin/steelyard"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    std::vector<std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
    for (const auto& [name, value] : environment_) {
      std::erase_if(variables, [&](const std::string& v) { return v.starts_with(name + "="); });
      variables.push_back(name + "=" + value);
    }
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    const auto open = [&](int fd, const std::string& file, int flags) {
      ::posix_spawn_file_actions_addopen(&actions, fd, file.c_str(), flags, 0600);
    };
    open(0, "/dev/null", O_RDONLY);
    open(1, out(), O_WRONLY | O_CREAT | O_TRUNC);
    open(2, err(), O_WRONLY | O_CREAT | O_TRUNC);
    ::posix_spawn_file_actions_addchdir_np(&actions, folder_.path().c_str());
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, arguments[0].c_str(), &actions, nullptr,
                                    pointers(arguments).data(), pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
    return pid;
  }

  Said wait(pid_t pid) const {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), text(out()),
            text(err())};
  }

  static std::string text(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> all;
    for (const auto& word : words) all.push_back(const_cast<char*>(word.c_str()));
    all.push_back(nullptr);
    return all;
  }
  std::string out() const { return folder_ / "stdout.txt"; }
  std::string err() const { return folder_ / "stderr.txt"; }

  const TemporaryFolder& folder_;
  std::map<std::string, std::string> environment_;
};

// A simulated device that answers in 100 µs, always: 20,000 queries in 2 s.
inline void write_steady_profile(const std::filesystem::path& file) {
  std::ofstream(file) << cli::kConstantDevice;
}

}  // namespace steelyard
