// SPDX-License-Identifier: Apache-2.0
// One campaign at a time measures on a host: two would measure each other. Held while it lives, and
// let go of by the kernel when its process dies, however that was. One thread.
#pragma once

#include <filesystem>

namespace steelyard {

class HostLock {
 public:
  // Throws Error that names the process which holds it.
  explicit HostLock(const std::filesystem::path& file);
  ~HostLock();
  HostLock(const HostLock&) = delete;  // owns a descriptor
  HostLock& operator=(const HostLock&) = delete;

 private:
  int descriptor_ = -1;
};

// $STEELYARD_LOCK, else a file that all users of this host share.
std::filesystem::path host_lock_file();

}  // namespace steelyard
