// SPDX-License-Identifier: Apache-2.0
// Warps that look for the next window while others compute. A look takes 1.2 us there and back, so
// one warp alone sees a window up to that much late; several look in turns, each at its own copy,
// because looks at one line are served one after the other. For windows of a word a lane.
#pragma once

#include "steelyard/engine/cuda/mailbox.cuh"

namespace steelyard::cuda {

// Named barriers of a block; 0 is __syncthreads.
constexpr int kStepBarrier = 1;  // those that compute, among themselves
constexpr int kMailBarrier = 2;  // a window is there: they and the looker that brought it
constexpr int kTripBarrier = 3;  // the lookers, once

__device__ __forceinline__ void sync(int barrier, int threads) {
  asm volatile("bar.sync %0,%1;" ::"r"(barrier), "r"(threads) : "memory");
}

__device__ __forceinline__ void arrive(int barrier, int threads) {
  asm volatile("bar.arrive %0,%1;" ::"r"(barrier), "r"(threads) : "memory");
}

constexpr std::uint32_t sequence_before(std::uint32_t sequence) {
  return sequence == kNever + 1 ? kStop - 1 : sequence - 1;
}

// In shared memory, one a block.
struct Desk {
  unsigned claimed;  // the newest query that a looker has taken
  unsigned stopped;
  unsigned trip;  // cycles of the quickest first look
};

// One block's side of the hand-over: `computing` threads come first, then the lookers. Rows are
// written again only after the answer, because the host sends the next window then.
class Post {
 public:
  __device__ __forceinline__ Post(const PersistentArgs& args, const Walk& walk, int reader,
                                  int computing, Desk& desk, float* rows)
      : args_(args), walk_(walk), reader_(reader), computing_(computing), desk_(desk), rows_(rows) {
    if (threadIdx.x == 0)
      desk.claimed = sequence_before(args.first), desk.stopped = 0, desk.trip = ~0u;
  }
  __device__ __forceinline__ bool looks() const { return int(threadIdx.x) >= computing_; }
  __device__ __forceinline__ void step() const { sync(kStepBarrier, computing_); }

  // For the threads that compute: waits until the rows hold query `sequence`; false to stop.
  template <int depth>
  __device__ __forceinline__ bool next(std::uint32_t sequence) const {
    if (args_.looks == 0)
      return !__syncthreads_or(
          receive<depth>(args_, mail_of(args_, reader_), walk_, sequence, rows_));
    sync(kMailBarrier, computing_ + 32);
    return desk_.stopped == 0;
  }

  // What a looker does until it is stopped. `nowhere`: shared memory that nobody reads.
  __device__ __forceinline__ void look_out(float* nowhere) const {
    const int lane = threadIdx.x & 31, number = (int(threadIdx.x) - computing_) / 32;
    const InputWord* word = mail_of(args_, reader_, number) + lane;
    const bool mine = lane < args_.words;
    float* to[kValuesPerWord];
    find_places(lane, nowhere, to);
    uint4 v{0, 0, 0, kNever};
    // The looks of a block are spread evenly over a period, by the SM's clock. One that is late
    // begins at once, because a gap is where windows wait, and the next when it would have been.
    const unsigned period = measured_period(word, lane, nowhere);
    unsigned due = clock() + number * period / args_.looks;
    for (std::uint32_t known = kNever;;) {
      due += period;
      const int late = static_cast<int>(clock() - due);
      if (late >= static_cast<int>(period)) due += late / period * period;
      while (static_cast<int>(clock() - due) < 0) {
      }
      if (mine) v = look(word);
      const std::uint32_t seen = __shfl_sync(~0u, v.w, 0);
      if (!__all_sync(~0u, !mine || v.w == seen) || seen == known) continue;
      known = seen;
      if (seen != kNever && claim(lane, seen)) {
        if (seen != kStop) {
          *to[0] = __uint_as_float(v.x);
          *to[1] = __uint_as_float(v.y);
          *to[2] = __uint_as_float(v.z);
        }
        __syncwarp();
        arrive(kMailBarrier, computing_ + 32);
      }
      if (seen == kStop) return;
    }
  }

 private:
  // The same for all lookers: three eighths more than a look takes that nothing disturbs, so that
  // hardly any is late. With less, looks bunch, and one query in a hundred waits 1.2 us for the next
  // (p99 of LSTM T8 H5: 3.4 us with 3/8, 4.0 with a quarter, 4.6 with 1/8; p50 2.9 to 3.0 with all).
  __device__ __forceinline__ unsigned measured_period(const InputWord* word, int lane,
                                                    volatile float* nowhere) const {
    unsigned trip = ~0u;
    for (int i = 0; i < 8; i++) {  // the first ones also wait for the address to be translated
      const unsigned begin = clock();
      nowhere[lane % kRowFloats] = __uint_as_float(look(word).x);  // waits for the look's end
      trip = min(trip, static_cast<unsigned>(clock()) - begin);
    }
    if (lane == 0) atomicMin(&desk_.trip, trip);
    sync(kTripBarrier, 32 * args_.looks);
    return desk_.trip + desk_.trip * 3 / 8;
  }

  // Every query has the same shape, so that a lane's values always go to the same places.
  __device__ __forceinline__ void find_places(int lane, float* nowhere,
                                              float* (&to)[kValuesPerWord]) const {
    const int t = lane / args_.step_words, first = (lane - t * args_.step_words) * kValuesPerWord;
    const int row = walk_.reversed ? args_.window - 1 - t : t;
    const bool wanted = lane < args_.words && row < walk_.steps;
#pragma unroll
    for (int i = 0; i < kValuesPerWord; i++)
      to[i] = wanted && first + i < args_.features ? rows_ + row * kRowFloats + first + i
                                                   : nowhere + lane % kRowFloats;
  }

  // Whether this looker is the first with it. Queries are claimed one after the other.
  __device__ __forceinline__ bool claim(int lane, std::uint32_t number) const {
    bool first = false;
    if (lane == 0) {
      const unsigned before = sequence_before(number);
      first = number == kStop ? atomicExch(&desk_.stopped, 1u) == 0
                              : atomicCAS(&desk_.claimed, before, number) == before;
    }
    return __shfl_sync(~0u, first, 0);
  }

  const PersistentArgs& args_;
  const Walk& walk_;
  int reader_, computing_;
  Desk& desk_;
  float* rows_;
};

}  // namespace steelyard::cuda
