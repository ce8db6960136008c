// SPDX-License-Identifier: Apache-2.0
// A model on a simulated device: its clock, its queries and what they leave in the device's
// activity. Everything of one model belongs to one thread.
#pragma once

#include <memory>
#include <span>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/simulated/activity.h"
#include "steelyard/backend/simulated/answers.h"
#include "steelyard/backend/simulated/prediction.h"
#include "steelyard/backend/simulated/profile.h"
#include "steelyard/backend/simulated/tuning.h"
#include "steelyard/base/random.h"

namespace steelyard::simulated {

// Draws how long each query takes.
class Times {
 public:
  Times(const Profile&, const Tuning&, std::uint64_t seed);
  // A query that begins at `now` and takes `base_ns` before the tail.
  nanoseconds draw(double base_ns, nanoseconds now);

 private:
  struct Piece {
    double until, from, factor, slope;  // shares of queries, 0 to 1
  };
  std::vector<Piece> pieces_;
  double factor_;  // slowdown and the process's own
  double per_minute_;
  double once_ns_;  // the first query's extra
  Random random_;
};

class SimulatedModel final : public CompiledModel {
 public:
  // The clock stands at 0 when loading begins and at the load time when this returns.
  SimulatedModel(const Profile&, const Model&, Precision, const CompileOptions&);

  std::unique_ptr<Session> open(int batch) override;
  std::unique_ptr<Stream> stream(int depth, int batch) override;
  std::unique_ptr<Session> open_steps(int batch) override;
  Clock& clock() override { return clock_; }
  Precision precision() const override { return precision_; }
  std::unique_ptr<Sensor> sensor();

 private:
  friend class Queries;
  friend class SimulatedSteps;
  const Profile profile_;
  const Network network_;
  const std::vector<TensorInfo> inputs_, outputs_;  // as in the file
  const Precision precision_;
  const int window_;
  VirtualClock clock_;
  Times times_;
  Answers answers_;
  std::shared_ptr<Activity> activity_;
};

}  // namespace steelyard::simulated
