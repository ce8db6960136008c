// SPDX-License-Identifier: Apache-2.0
// Counts what operator new is asked for, by us and by vendors' libraries apart. This program's
// operator new serves every library that it loads.
#pragma once

#include <cstdint>

namespace steelyard::contract {

// While one of these lives, this thread's allocations are counted.
class AllocationCount {
 public:
  AllocationCount();
  ~AllocationCount();
  // Calls with no frame of a vendor's library on the stack.
  std::uint64_t ours() const;
  std::uint64_t vendors() const;
};

// Blocks from operator new that have not been given back, in the whole process.
std::int64_t live_blocks();

}  // namespace steelyard::contract
