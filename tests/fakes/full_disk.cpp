// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program, a disk that has no space for databases as long as the file $FULL_DISK
// is there. Thread-safe.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

bool is_full_for(int fd) {
  const char* flag = std::getenv("FULL_DISK");
  if (flag == nullptr || ::access(flag, F_OK) != 0) return false;
  std::array<char, 64> link{};
  std::array<char, 4096> path{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(link.data(), path.data(), path.size());
  const std::string_view name(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return name.ends_with(".db") || name.ends_with(".db-journal");
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

ssize_t full() {
  errno = ENOSPC;
  return -1;
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return is_full_for(fd) ? full() : real(fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t at) {
  static auto* const real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return is_full_for(fd) ? full() : real(fd, bytes, count, at);
}
ssize_t write(int fd, const void* bytes, size_t count) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  return is_full_for(fd) ? full() : real(fd, bytes, count);
}

}  // extern "C"
