// SPDX-License-Identifier: Apache-2.0
// The timed loop over time steps.
#include "steelyard/run/steps.h"

#include <algorithm>

namespace steelyard {

Feed rows_of(const Feed& feed) {
  Feed rows;
  rows.windows = feed.windows * static_cast<std::uint64_t>(feed.window);
  rows.window = 1;
  rows.inputs = feed.inputs;
  rows.generated = feed.generated;
  // What is no row is asked with every row of its window.
  const auto times = static_cast<std::size_t>(feed.window);
  for (const FeedTensor& other : feed.others) {
    FeedTensor repeated{other.name, other.type, other.bytes, {}};
    const std::size_t bytes = other.bytes;
    if (other.content.size() == bytes) {
      rows.others.push_back(other);
      continue;
    }
    for (std::size_t i = 0; i < feed.windows * times; ++i)
      repeated.content.insert(
          repeated.content.end(),
          other.content.begin() + static_cast<std::ptrdiff_t>(i / times * bytes),
          other.content.begin() + static_cast<std::ptrdiff_t>((i / times + 1) * bytes));
    rows.others.push_back(std::move(repeated));
  }
  return rows;
}

StepLoop::StepLoop(CompiledModel& model, const Feed& feed)
    : clock_(model.clock()),
      session_(model.open_steps(1)),
      rows_(feed.window * feed.sequence),
      ring_(rows_of(feed), session_->signature(), 1, 1),
      width_(output_width(session_->signature(), 1)),
      windows_(feed.windows / static_cast<std::uint64_t>(feed.sequence)) {}

void StepLoop::begin_at(std::uint64_t window) {
  slot_ = first_ = static_cast<std::size_t>(window % windows_) * static_cast<std::size_t>(rows_);
  asked_ = 0;
}

template <class Read>
std::size_t StepLoop::ask(std::span<Stamp> stamps, std::uint64_t count, const Enough& enough,
                          Moments& prepare, Read read) {
  const Ring& ring = ring_.ring();
  const auto rows = static_cast<std::size_t>(rows_);
  std::size_t i = 0;
  while (i < stamps.size()) {
    if (slot_ % rows == 0) {
      session_->reset();
      session_->prepare();
    }
    const nanoseconds started = read();
    session_->infer(ring.input(slot_), ring.output(slot_));
    const nanoseconds finished = read();
    stamps[i++] = {started, started, finished};
    if (++slot_ == windows_ * rows) slot_ = 0;
    if (slot_ % rows != 0) {
      session_->prepare();
      prepare.add(static_cast<double>((read() - finished).count()));
    } else if (enough.reached(count + i, finished)) {
      break;  // a window that was begun is answered
    }
  }
  asked_ += i;
  return i;
}

std::size_t StepLoop::ask(std::span<Stamp> stamps, std::uint64_t count, const Enough& enough,
                          Moments& prepare) {
  if (clock_.is_virtual()) return ask(stamps, count, enough, prepare, ReadClock{clock_});
  return ask(stamps, count, enough, prepare, ReadMonotonic{});
}

void StepLoop::collect(std::vector<float>& outputs, std::vector<std::uint8_t>& seen) const {
  if (width_ == 0) return;
  const auto rows = static_cast<std::size_t>(rows_);
  std::vector<float> all(windows_ * rows * width_);
  std::vector<std::uint8_t> any(windows_ * rows);
  const std::uint64_t answered = std::min<std::uint64_t>(asked_ / rows, windows_);
  for (std::uint64_t k = 0; k < answered; ++k) {
    const std::size_t window = (first_ / rows + k) % windows_;
    ring_.collect(window * rows + rows - 1, all, any);
    std::copy_n(all.begin() + static_cast<std::ptrdiff_t>((window * rows + rows - 1) * width_),
                width_, outputs.begin() + static_cast<std::ptrdiff_t>(window * width_));
    seen[window] = 1;
  }
}

}  // namespace steelyard
