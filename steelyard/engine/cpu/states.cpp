// SPDX-License-Identifier: Apache-2.0
// See states.h.
#include "steelyard/engine/cpu/states.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "steelyard/base/error.h"

namespace steelyard::cpu {
namespace {

// Where a state of the first of these samples lies.
template <class Float>
Float* place(Float* states, const Carried& carried, std::size_t offset, int hidden) {
  return states + std::ptrdiff_t(offset) * carried.batch + carried.first * hidden;
}

}  // namespace

StatePlace::StatePlace(const Network& network, int layer, int direction)
    : h(state_offset(network, {layer, direction, false})),
      c(state_offset(network, {layer, direction, true})),
      hidden(network.layers[layer].hidden) {}

void read_rows(const Carried& carried, std::size_t offset, int hidden, int samples,
               std::ptrdiff_t padded, float* rows) {
  const float* from = place(carried.before, carried, offset, hidden);
  for (int s = 0; s < samples; ++s) {
    std::memcpy(rows + s * padded, from + std::ptrdiff_t(s) * hidden, hidden * sizeof(float));
  }
}

void write_rows(const Carried& carried, std::size_t offset, int hidden, int samples,
                const float* rows, std::ptrdiff_t padded) {
  float* to = place(carried.after, carried, offset, hidden);
  for (int s = 0; s < samples; ++s) {
    std::memcpy(to + std::ptrdiff_t(s) * hidden, rows + s * padded, hidden * sizeof(float));
  }
}

void read_columns(const Carried& carried, std::size_t offset, int hidden, int samples,
                  std::ptrdiff_t width, float* columns) {
  const float* from = place(carried.before, carried, offset, hidden);
  for (int k = 0; k < hidden; ++k) {
    for (int s = 0; s < samples; ++s) columns[k * width + s] = from[std::ptrdiff_t(s) * hidden + k];
  }
}

void write_columns(const Carried& carried, std::size_t offset, int hidden, int samples,
                   const float* columns, std::ptrdiff_t width) {
  float* to = place(carried.after, carried, offset, hidden);
  for (int k = 0; k < hidden; ++k) {
    for (int s = 0; s < samples; ++s) to[std::ptrdiff_t(s) * hidden + k] = columns[k * width + s];
  }
}

void keep_old(const std::int32_t* lengths, int time, int samples, std::ptrdiff_t padded,
              const float* old, float* rows) {
  for (int s = 0; s < samples; ++s) {
    if (time < lengths[s]) continue;
    float* row = rows + s * padded;
    if (old) {
      std::memcpy(row, old + s * padded, padded * sizeof(float));
    } else {
      std::memset(row, 0, padded * sizeof(float));
    }
  }
}

void clear_empty(const std::int32_t* lengths, int samples, std::ptrdiff_t padded, float* rows) {
  for (int s = 0; s < samples; ++s) {
    if (lengths[s] == 0) std::memset(rows + s * padded, 0, padded * sizeof(float));
  }
}

SessionStates::SessionStates(const Network& network, int batch, int window, bool carries)
    : batch_(batch),
      window_(window),
      carries_(carries),
      ends_early_(network.ends_early()),
      size_(state_size(network) * std::size_t(batch)),
      own_(initial_states(network, batch)) {
  const std::vector<int>& fixed = network.lengths.fixed;
  if (ends_early_ && !fixed.empty()) {
    if (fixed.size() != 1 && fixed.size() != std::size_t(batch)) {
      throw Error(fmt::format("the model's own lengths are those of {} windows, not {}.",
                              fixed.size(), batch),
                  fmt::format("Use a batch of {}.", fixed.size()));
    }
    for (int s = 0; s < batch; ++s) lengths_.push_back(fixed[fixed.size() == 1 ? 0 : s]);
    check_lengths(lengths_);
  }
  plain_ = own_.empty() && lengths_.empty();
}

void SessionStates::check_states(std::size_t count) const {
  if (!carries_) {
    throw Error("the session was opened without states, and states were given or asked for.",
                "Open it for states.");
  }
  if (count != size_) {
    throw Error(
        fmt::format("the engine got {} values of states, but its session needs {}.", count, size_),
        "Give the states of all layers, in the engine's order.");
  }
}

void SessionStates::check_lengths(std::span<const std::int32_t> lengths) const {
  if (!ends_early_) {
    throw Error("lengths of windows were given to a network whose layers take none.",
                "Leave them out, or export the model with sequence_lens.");
  }
  if (lengths.size() != std::size_t(batch_)) {
    throw Error(fmt::format("the engine got {} lengths of windows, but its session needs {}.",
                            lengths.size(), batch_),
                "Give one for every window of the batch.");
  }
  const auto wrong = std::find_if(lengths.begin(), lengths.end(), [&](std::int32_t length) {
    return length < 0 || length > window_;
  });
  if (wrong == lengths.end()) return;
  throw Error(fmt::format("window {} of the batch has a length of {} steps, where 0 to {} are "
                          "possible.",
                          wrong - lengths.begin() + 1, *wrong, window_),
              "Give lengths within the window.");
}

Carried SessionStates::checked(const EngineStates& given) const {
  Carried carried;
  carried.batch = batch_;
  if (!given.before.empty()) check_states(given.before.size());
  if (!given.after.empty()) check_states(given.after.size());
  if (!given.lengths.empty()) check_lengths(given.lengths);
  carried.before = !given.before.empty() ? given.before.data() : has_own() ? own_.data() : nullptr;
  carried.after = given.after.empty() ? nullptr : given.after.data();
  carried.lengths = !given.lengths.empty() ? given.lengths.data()
                    : lengths_.empty()     ? nullptr
                                           : lengths_.data();
  return carried;
}

}  // namespace steelyard::cpu
