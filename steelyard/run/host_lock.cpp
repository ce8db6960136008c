// SPDX-License-Identifier: Apache-2.0
// flock() on a file whose content says who has it.
#include "steelyard/run/host_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

// Not with O_CREAT first: in a sticky folder the kernel then refuses the file of another user.
int open_or_make(const char* file) {
  const int existing = ::open(file, O_RDWR | O_CLOEXEC);
  if (existing >= 0 || errno != ENOENT) return existing;
  const int made = ::open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (made >= 0) ::fchmod(made, 0666);
  return made;
}

std::string content_of(int descriptor) {
  std::array<char, 64> text{};
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  return std::string(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
}

}  // namespace

std::filesystem::path host_lock_file() {
  if (const char* file = std::getenv("STEELYARD_LOCK"); file != nullptr && *file != '\0')
    return file;
  return "/tmp/steelyard.measuring.lock";
}

HostLock::HostLock(const std::filesystem::path& file) {
  descriptor_ = open_or_make(file.c_str());
  if (descriptor_ < 0)
    throw Error(fmt::format("{} cannot be opened: {}", file.string(), std::strerror(errno)),
                "it keeps two campaigns from measuring each other; name another file in "
                "STEELYARD_LOCK");
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = content_of(descriptor_);
    ::close(descriptor_);
    throw Error(fmt::format("another campaign is measuring on this host{}",
                            holder.empty() ? "" : fmt::format(" (process {})", holder)),
                "two at once would measure each other: wait until it has ended");
  }
  const std::string self = std::to_string(::getpid());
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, self.data(), self.size(), 0) < 0) {
    // The name is a courtesy; the lock is held all the same.
  }
}

HostLock::~HostLock() { ::close(descriptor_); }

}  // namespace steelyard
