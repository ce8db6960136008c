// SPDX-License-Identifier: Apache-2.0
// The power filter.
#include "steelyard/backend/simulated/activity.h"

namespace steelyard::simulated {

namespace {

constexpr nanoseconds kStep = std::chrono::milliseconds(1);
// Without an instrument there is no update period to imitate.
constexpr nanoseconds kModelPeriod = std::chrono::milliseconds(100);
constexpr std::size_t kMostWork = 4096;
constexpr std::size_t kMostTicks = 65536;

nanoseconds earlier(nanoseconds a, nanoseconds b) { return a < b ? a : b; }
nanoseconds later(nanoseconds a, nanoseconds b) { return a < b ? b : a; }

}  // namespace

nanoseconds Activity::period_of(const PowerProfile& power) {
  return power.sensor ? power.sensor->update : kModelPeriod;
}

double Activity::reported(const PowerProfile& power, double watts) {
  if (!power.sensor) return watts;
  const double shown = power.sensor->gain * watts + power.sensor->offset_watts;
  return shown < 0 ? 0 : shown;
}

Activity::Activity(const Profile& profile)
    : power_(profile.power),
      period_(period_of(power_)),
      averaged_(power_.sensor
                    ? static_cast<std::size_t>(power_.sensor->average / power_.sensor->update)
                    : 1),
      watts_(power_.idle_watts),
      recent_(averaged_, power_.idle_watts) {}

void Activity::add(const Work& work) {
  if (work_.size() >= kMostWork) run_until(work_[kMostWork / 2].begin);
  work_.push_back(work);
}

void Activity::run_until(nanoseconds until) {
  while (now_ + kStep <= until) step();
}

// One millisecond: the target is the mean of what the device does in it; the filter approaches it
// with the time constant of its direction.
void Activity::step() {
  const nanoseconds end = now_ + kStep;
  nanoseconds worked{0};
  double target = 0, in_use = 0;
  while (!work_.empty() && work_.front().begin < end) {
    const Work& work = work_.front();
    const nanoseconds overlap = earlier(work.end, end) - later(work.begin, now_);
    const double share = static_cast<double>(overlap.count()) / static_cast<double>(kStep.count());
    worked += overlap;
    target += share * work.watts;
    in_use += share * work.utilisation;
    if (work.end > end) break;
    work_.pop_front();
  }
  target += static_cast<double>((kStep - worked).count()) / static_cast<double>(kStep.count()) *
            power_.context_watts;
  const double constant = target > watts_ ? power_.rise_ns : power_.fall_ns;
  const double step_ns = static_cast<double>(kStep.count());
  const double before = watts_;
  watts_ = constant <= step_ns ? target : watts_ + (target - watts_) * (step_ns / constant);
  sum_watts_ += (before + watts_) / 2;
  sum_utilisation_ += in_use;
  ++steps_;
  now_ = end;
  if (now_.count() % period_.count() == 0) end_tick();
}

void Activity::end_tick() {
  Tick tick;
  tick.end = now_;
  tick.true_watts = sum_watts_ / static_cast<double>(steps_);
  tick.utilisation = sum_utilisation_ / static_cast<double>(steps_);
  recent_.pop_front();
  recent_.push_back(tick.true_watts);
  double sum = 0;
  for (const double watts : recent_) sum += watts;
  tick.reported_watts = reported(power_, sum / static_cast<double>(averaged_));
  if (ticks_.size() == kMostTicks) {
    ticks_.pop_front();
    ++first_;
  }
  ticks_.push_back(tick);
  sum_watts_ = sum_utilisation_ = 0;
  steps_ = 0;
}

}  // namespace steelyard::simulated
