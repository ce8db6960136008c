// SPDX-License-Identifier: Apache-2.0
// Zeroed floats on a cache line's boundary, for weights and sessions. Belongs to one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace steelyard::cpu {

// a * b, or std::bad_alloc when no memory could hold that many floats.
inline std::size_t times(std::size_t a, std::size_t b) {
  std::size_t product = 0;
  if (__builtin_mul_overflow(a, b, &product) || product > SIZE_MAX / 64) throw std::bad_alloc();
  return product;
}

class Buffer {
 public:
  Buffer() = default;
  // calloc leaves large blocks untouched, so that memory nobody uses is never real.
  explicit Buffer(std::size_t floats)
      : memory_(std::calloc(times(floats, sizeof(float)) + kLine, 1)), size_(floats) {
    if (!memory_) throw std::bad_alloc();
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    data_ = reinterpret_cast<float*>((address + kLine - 1) / kLine * kLine);
  }
  float* data() { return data_; }
  const float* data() const { return data_; }
  std::size_t size() const { return size_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  static constexpr std::size_t kLine = 64;
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  std::unique_ptr<void, Free> memory_;
  float* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace steelyard::cpu
