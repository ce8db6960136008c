// SPDX-License-Identifier: Apache-2.0
// How many SMs of a device are kept by kernels that never end. Thread-safe.
#pragma once

#include <atomic>

namespace steelyard::cuda {

// SMs taken by kernels that never end, for each device.
inline std::atomic<int>& taken(int device) {
  static std::atomic<int> taken[64];
  return taken[device % 64];
}

class Room {
 public:
  Room(int device, int blocks, int all) : device_(device), blocks_(blocks) {
    // One SM stays free, so that other work always goes on.
    granted_ = taken(device).fetch_add(blocks) + blocks < all;
  }
  Room(const Room&) = delete;
  ~Room() { taken(device_).fetch_sub(blocks_); }
  bool granted() const { return granted_; }

 private:
  int device_, blocks_;
  bool granted_;
};

}  // namespace steelyard::cuda
