// SPDX-License-Identifier: Apache-2.0
// States between the order in which callers have them (network.h) and the rows on which kernels
// work: [sample][padded]. Nothing here allocates but constructors; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "steelyard/engine/engine.h"
#include "steelyard/model/network.h"

namespace steelyard::cpu {

// What goes along with a query of some samples of a batch.
struct Carried {
  const float* before = nullptr;          // states of the batch; null: zeros
  float* after = nullptr;                 // null: not wanted
  const std::int32_t* lengths = nullptr;  // of the batch; null: whole windows
  std::ptrdiff_t batch = 0, first = 0;    // samples of the batch, and which of them is the first

  // The same from a later sample on.
  Carried from(std::ptrdiff_t sample) const {
    Carried later = *this;
    later.first += sample;
    return later;
  }
  const std::int32_t* own_lengths() const { return lengths ? lengths + first : nullptr; }
};

// The part of a query from a later sample on; null, as most queries have it, when nothing goes
// along. Queries of 80 ns notice every copy, so that this one is made where it is needed only.
class CarriedPart {
 public:
  CarriedPart(const Carried* whole, std::ptrdiff_t sample) {
    if (whole) part_.emplace(whole->from(sample));
  }
  const Carried* get() const { return part_ ? &*part_ : nullptr; }

 private:
  std::optional<Carried> part_;
};

// Where the state of one direction of one layer lies in the caller's order.
struct StatePlace {
  std::size_t h = 0, c = 0;  // floats of one sample before it
  int hidden = 0;
  StatePlace() = default;
  StatePlace(const Network&, int layer, int direction);
};

// One state of `samples` samples to rows and back; `offset` is StatePlace::h or c.
void read_rows(const Carried&, std::size_t offset, int hidden, int samples, std::ptrdiff_t padded,
               float* rows);
void write_rows(const Carried&, std::size_t offset, int hidden, int samples, const float* rows,
                std::ptrdiff_t padded);
// The same to columns, [hidden][width].
void read_columns(const Carried&, std::size_t offset, int hidden, int samples, std::ptrdiff_t width,
                  float* columns);
void write_columns(const Carried&, std::size_t offset, int hidden, int samples,
                   const float* columns, std::ptrdiff_t width);

// Rows of those samples for which `time` is no step of theirs get `old` back (null: zeros).
void keep_old(const std::int32_t* lengths, int time, int samples, std::ptrdiff_t padded,
              const float* old, float* rows);
// Rows of samples without any step become zeros.
void clear_empty(const std::int32_t* lengths, int samples, std::ptrdiff_t padded, float* rows);

// What a session takes and gives besides windows and answers. Immutable.
class SessionStates {
 public:
  // `carries`: the session was opened for states. Throws Error where the network's own do not fit
  // the batch.
  SessionStates(const Network&, int batch, int window, bool carries);
  // Whether nothing goes along with the query, neither of the caller's nor of the network's own.
  bool is_plain(const EngineStates& given) const {
    return plain_ && given.before.empty() && given.after.empty() && given.lengths.empty();
  }
  // Throws Error, in one sentence, for sizes and lengths that do not fit. The network's own states
  // and lengths are taken where the caller gives none.
  Carried checked(const EngineStates& given) const;
  // Has states of its own, so that a stream does not begin with zeros.
  bool has_own() const { return !own_.empty(); }
  bool carries() const { return carries_; }

 private:
  void check_states(std::size_t count) const;
  void check_lengths(std::span<const std::int32_t>) const;

  int batch_, window_;
  bool carries_, ends_early_, plain_;
  std::size_t size_;  // floats of the whole batch's states
  std::vector<float> own_;
  std::vector<std::int32_t> lengths_;
};

}  // namespace steelyard::cpu
