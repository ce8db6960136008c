// SPDX-License-Identifier: Apache-2.0
// The CUDA runtime behind a few calls: status codes become Error, memory and streams are reused
// and never given back while a kernel that never ends may run, because freeing would wait for it.
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "steelyard/engine/cuda/cuda_engine.h"

struct CUstream_st;
struct CUgraphExec_st;

namespace steelyard::cuda {

using StreamHandle = CUstream_st*;

// Throws Error with the runtime's words when `status` (a cudaError_t) is not success.
void check(int status, const char* doing);

// Makes `device` the calling thread's, and on first use loads every kernel on it. Throws Error.
void use_device(int device);

// Memory of the device or of the host (pinned, mapped into the device under the same address).
class Memory {
 public:
  enum class Place { device, pinned };
  Memory() = default;
  Memory(Place, int device, std::size_t bytes);  // contents undefined
  Memory(Memory&& other) noexcept { swap(other); }
  Memory& operator=(Memory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Memory();
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  std::size_t bytes() const { return bytes_; }
  // A kernel may still use it: it is never reused.
  void abandon() { data_ = nullptr; }

 private:
  void swap(Memory& other) {
    std::swap(place_, other.place_);
    std::swap(device_, other.device_);
    std::swap(bytes_, other.bytes_);
    std::swap(data_, other.data_);
  }
  Place place_ = Place::device;
  int device_ = 0;
  std::size_t bytes_ = 0;
  void* data_ = nullptr;
};

// Device memory filled from the host; synchronous, on a stream of its own.
Memory uploaded(int device, const void* data, std::size_t bytes);
template <class Vector>
Memory uploaded(int device, const Vector& values) {
  return uploaded(device, values.data(), values.size() * sizeof(values[0]));
}

Memory zeroed(int device, std::size_t bytes);

class Stream {
 public:
  explicit Stream(int device);
  Stream(const Stream&) = delete;
  ~Stream();
  StreamHandle handle() const { return handle_; }
  // True when everything submitted has ended. Throws Error when something in it failed.
  bool idle() const;
  void synchronize() const;
  void abandon() { handle_ = nullptr; }

 private:
  int device_;
  StreamHandle handle_ = nullptr;
};

// Sets all of it to zero, after what the stream has been given before.
void clear(const Memory&, const Stream&);

// Work recorded once and started many times. Belongs to one thread.
class Graph {
 public:
  Graph() = default;
  template <class Record>
  Graph(StreamHandle stream, Record&& record) {
    begin(stream);
    try {
      record();
    } catch (...) {
      cancel(stream);
      throw;
    }
    end(stream);
  }
  Graph(Graph&& other) noexcept : exec_(std::exchange(other.exec_, nullptr)) {}
  Graph& operator=(Graph&& other) noexcept {
    std::swap(exec_, other.exec_);
    return *this;
  }
  ~Graph();
  void launch(StreamHandle) const;

 private:
  static void begin(StreamHandle);
  static void cancel(StreamHandle);
  void end(StreamHandle);
  CUgraphExec_st* exec_ = nullptr;
};

// Whether the device can read this memory by its address: far is pinned host memory, near the
// device's own.
enum class Reach { none, far, near };
Reach reach_of(const void*);

struct Launch {
  const void* kernel;
  unsigned blocks_x, blocks_y, threads, cluster;
  std::size_t shared_bytes;
};
// `args` is the kernel's one argument.
void launch(const Launch&, const void* args, StreamHandle);
// Raises the kernel's limit of dynamic shared memory where the default is too small.
void allow_shared(const void* kernel, std::size_t bytes);
// Blocks of this kernel that one SM holds.
int blocks_per_processor(const void* kernel, int threads, std::size_t shared_bytes);
// Whether the device has room for one such cluster at all.
bool cluster_fits(const Launch&);

}  // namespace steelyard::cuda
