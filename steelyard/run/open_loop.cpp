// SPDX-License-Identifier: Apache-2.0
// Waiting for the next arrival, and answering it.
#include "steelyard/run/open_loop.h"

#include <sys/prctl.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <thread>
#include <utility>

namespace steelyard {
namespace {

// Stamps between two folds: folding them takes about a microsecond, which the next query may have
// to wait for.
constexpr std::size_t kFold = 256;
// The kernel wakes a sleeper some ten microseconds late; the rest is waited for awake.
constexpr nanoseconds kAwake = std::chrono::microseconds(80);
constexpr nanoseconds kLate = std::chrono::milliseconds(1);

void wait_until(Clock& clock, nanoseconds due) {
  if (clock.is_virtual()) return clock.sleep_until(due);
  if (due - MonotonicClock::read() > kAwake) clock.sleep_until(due - kAwake);
  while (MonotonicClock::read() < due) {
  }
}

}  // namespace

double exponential(Random& random) {
  double whole = 0;
  while (true) {
    const double first = random.uniform();
    double previous = first, next = random.uniform();
    bool accept = true;
    while (next <= previous) {
      previous = next;
      next = random.uniform();
      accept = !accept;
    }
    if (accept) return whole + first;
    whole += 1;
  }
}

Arrivals::Arrivals(double rate_per_second, bool poisson, std::uint64_t seed, nanoseconds begin)
    : gap_ns_(1e9 / rate_per_second), poisson_(poisson), random_(seed), begin_(begin) {}

nanoseconds Arrivals::next() {
  since_begin_ns_ += poisson_ ? gap_ns_ * exponential(random_) : gap_ns_;
  return begin_ + nanoseconds(static_cast<std::int64_t>(since_begin_ns_));
}

// Hands the arrivals out, in order, to whoever is free.
class OpenLoop::Tickets {
 public:
  Tickets(const OpenBlock& block, nanoseconds begin)
      : arrivals_(block.rate_per_second, block.poisson, block.seed, begin), enough_(block.enough) {}

  // Empty when it was enough: then the queue has been worked off, unless the time was up.
  std::optional<nanoseconds> take(nanoseconds now) {
    const std::lock_guard lock(mutex_);
    if (stopped_ || now >= enough_.latest) return {};
    const nanoseconds due = arrivals_.next();
    if (enough_.reached(taken_, due)) stopped_ = true;
    if (stopped_) return {};
    ++taken_;
    return due;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }

 private:
  std::mutex mutex_;
  Arrivals arrivals_;
  Enough enough_;
  std::uint64_t taken_ = 0;
  bool stopped_ = false;
};

// One place on the device. Its ring slots are its own.
struct alignas(64) OpenLoop::Lane {
  Session* session = nullptr;
  std::size_t place = 0;
  Tally* tally = nullptr;
  Moments delay;
  std::uint64_t late = 0;
  std::exception_ptr failure;

  void sent(nanoseconds delayed) {
    delay.add(static_cast<double>(delayed.count()));
    late += delayed > kLate;
  }
};

OpenLoop::OpenLoop(CompiledModel& model, const Feed& feed, int in_flight) : model_(model) {
  const auto places = static_cast<std::size_t>(in_flight);
  if (model.clock().is_virtual() && in_flight > 1)
    stream_ = model.stream(in_flight, 1);
  else
    while (sessions_.size() < places) sessions_.push_back(model.open(1));
  const Signature& signature = stream_ ? stream_->signature() : sessions_.front()->signature();
  ring_ = std::make_unique<FeedRing>(feed, signature, 1, in_flight);
  width_ = output_width(signature, 1);
  next_.resize(places);
  asked_.resize(places);
}

OpenLoop::~OpenLoop() = default;

void OpenLoop::begin_at(std::uint64_t window) {
  const std::size_t places = next_.size();
  first_ = ring_->slot_of(window) / places * places;
  for (std::size_t place = 0; place < places; ++place) {
    next_[place] = (first_ + place) % ring_->ring().slots;
    asked_[place] = 0;
  }
}

std::size_t OpenLoop::closed(std::span<Stamp> stamps, std::uint64_t count, const Enough& enough) {
  const Clock& clock = model_.clock();
  if (stream_) {
    StreamTurns turns(static_cast<int>(next_.size()));
    turns.begin_at(first_, ring_->ring().slots);
    return time_stream(*stream_, ring_->ring(), turns, stamps, count, enough, ReadClock{clock});
  }
  std::size_t slot = next_.front();
  if (clock.is_virtual())
    return time_queries(*sessions_.front(), ring_->ring(), slot, stamps, count, enough,
                        ReadClock{clock});
  return time_queries(*sessions_.front(), ring_->ring(), slot, stamps, count, enough,
                      ReadMonotonic{});
}

void OpenLoop::serve(Lane& lane, Tickets& tickets, Clock& clock,
                     const std::function<void()>& folded) {
  if (!clock.is_virtual()) ::prctl(PR_SET_TIMERSLACK, 1UL);
  const Ring& ring = ring_->ring();
  std::vector<Stamp> stamps(kFold);
  std::size_t n = 0;
  nanoseconds free = clock.now();
  while (const auto due = tickets.take(free)) {
    const nanoseconds could = std::max(*due, free);
    wait_until(clock, *due);
    std::size_t& slot = next_[lane.place];
    const nanoseconds started = clock.now();
    lane.session->infer(ring.input(slot), ring.output(slot));
    const nanoseconds finished = clock.now();
    stamps[n++] = {*due, started, finished};
    ++asked_[lane.place];
    slot += next_.size();
    if (slot >= ring.slots) slot = lane.place;
    lane.sent(started - could);
    free = finished;
    if (n < stamps.size()) continue;
    lane.tally->add(stamps);
    n = 0;
    if (folded) folded();
  }
  lane.tally->add(std::span<const Stamp>(stamps).first(n));
}

// Queries complete in the order of their slots' ends; one that ended long ago is only taken off
// when its place is wanted.
void OpenLoop::serve_stream(Tickets& tickets, Tally& tally, Block& block,
                            const std::function<void()>& folded) {
  Clock& clock = model_.clock();
  const Ring& ring = ring_->ring();
  Lane lane;
  std::vector<Stamp> sent(next_.size()), done;
  std::deque<std::uint32_t> places;
  for (std::uint32_t place = 0; place < next_.size(); ++place) places.push_back(place);
  nanoseconds free = clock.now();
  const auto complete = [&] {
    const Completion completion = stream_->wait();
    sent[completion.slot].finished = completion.finished;
    done.push_back(sent[completion.slot]);
    places.push_back(completion.slot);
    free = completion.finished;
    if (done.size() < kFold) return;
    tally.add(done);
    done.clear();
    if (folded) folded();
  };
  while (true) {
    if (places.empty()) complete();
    const auto due = tickets.take(clock.now());
    if (!due) break;
    clock.sleep_until(*due);
    const std::uint32_t place = places.front();
    places.pop_front();
    const nanoseconds started = clock.now();
    sent[place] = {*due, started, nanoseconds(0)};
    lane.sent(started - std::max(*due, std::min(free, started)));
    stream_->submit(place, ring.input(next_[place]), ring.output(next_[place]));
    next_[place] += next_.size();
    if (next_[place] >= ring.slots) next_[place] = place;
    ++asked_[place];
  }
  while (places.size() < next_.size()) complete();
  tally.add(done);
  block.send_delay.merge(lane.delay);
  block.late += lane.late;
}

void OpenLoop::run(const OpenBlock& what, Tally& tally, Block& block,
                   const std::function<void()>& folded) {
  Clock& clock = model_.clock();
  Tickets tickets(what, clock.now());
  if (stream_) return serve_stream(tickets, tally, block, folded);
  std::vector<Lane> lanes(sessions_.size());
  std::vector<Tally> tallies(lanes.size() - 1, Tally(what.keep_queries / lanes.size()));
  for (std::size_t place = 0; place < lanes.size(); ++place) {
    lanes[place].session = sessions_[place].get();
    lanes[place].place = place;
    lanes[place].tally = place == 0 ? &tally : &tallies[place - 1];
  }
  std::vector<std::thread> threads;
  for (std::size_t place = 1; place < lanes.size(); ++place)
    threads.emplace_back([&, place] {
      try {
        serve(lanes[place], tickets, clock, {});
      } catch (...) {
        lanes[place].failure = std::current_exception();
        tickets.stop();
      }
    });
  try {
    serve(lanes.front(), tickets, clock, clock.is_virtual() ? folded : nullptr);
  } catch (...) {
    lanes.front().failure = std::current_exception();
    tickets.stop();
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t place = 0; place < lanes.size(); ++place) {
    if (lanes[place].failure) std::rethrow_exception(lanes[place].failure);
    if (place > 0) tally.merge(std::move(tallies[place - 1]));
    block.send_delay.merge(lanes[place].delay);
    block.late += lanes[place].late;
  }
}

void OpenLoop::collect(std::vector<float>& outputs, std::vector<std::uint8_t>& seen) const {
  if (width_ == 0) return;
  const std::size_t slots = ring_->ring().slots, places = next_.size();
  for (std::size_t place = 0; place < places; ++place)
    for (std::size_t i = 0; i < std::min<std::uint64_t>(asked_[place], slots / places); ++i)
      ring_->collect((first_ + place + i * places) % slots, outputs, seen);
}

}  // namespace steelyard
