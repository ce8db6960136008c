// SPDX-License-Identifier: Apache-2.0
// The counting operator new, and the proof that it counts.
#include "tests/contract/allocations.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

namespace steelyard::contract {
namespace {

std::atomic<std::int64_t> live{0};
thread_local bool counting = false;
thread_local std::uint64_t ours = 0, vendors = 0;

constexpr const char* kVendors[] = {"libonnxruntime.so", "libopenvino", "libtbb",
                                    "libnvinfer",        "libcud",      "libhailort"};

bool is_vendors(const void* address) {
  Dl_info info{};
  if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) return false;
  for (const char* vendor : kVendors)
    if (std::strstr(info.dli_fname, vendor) != nullptr) return true;
  return false;
}

void count() {
  if (!counting) return;
  counting = false;  // backtrace() may allocate
  void* frames[48];
  const int depth = ::backtrace(frames, 48);
  bool vendor = false;
  for (int i = 0; i < depth && !vendor; ++i) vendor = is_vendors(frames[i]);
  ++(vendor ? vendors : ours);
  counting = true;
}

void* allocate(std::size_t size, std::size_t alignment) {
  count();
  size = size == 0 ? 1 : size;
  void* block = alignment <= alignof(std::max_align_t)
                    ? std::malloc(size)
                    : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (block == nullptr) throw std::bad_alloc();
  live.fetch_add(1, std::memory_order_relaxed);
  return block;
}

void release(void* block) {
  if (block == nullptr) return;
  live.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}

}  // namespace

AllocationCount::AllocationCount() {
  void* frames[1];
  ::backtrace(frames, 1);  // loads what it needs
  contract::ours = contract::vendors = 0;
  counting = true;
}
AllocationCount::~AllocationCount() { counting = false; }
std::uint64_t AllocationCount::ours() const { return contract::ours; }
std::uint64_t AllocationCount::vendors() const { return contract::vendors; }

std::int64_t live_blocks() { return live; }

TEST(Allocations, AreCounted) {
  const std::int64_t before = live_blocks();
  std::vector<int> kept;
  {
    const AllocationCount count;
    kept.reserve(100);
    EXPECT_EQ(count.ours(), 1u);
    EXPECT_EQ(count.vendors(), 0u);
  }
  EXPECT_EQ(live_blocks(), before + 1);
  kept = {};
  kept.shrink_to_fit();
  EXPECT_EQ(live_blocks(), before);
}

}  // namespace steelyard::contract

using steelyard::contract::allocate;
using steelyard::contract::release;

void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new[](std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept try {
  return allocate(size, 1);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept try {
  return allocate(size, 1);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void operator delete(void* block) noexcept { release(block); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }
void operator delete[](void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { release(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { release(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { release(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { release(block); }
