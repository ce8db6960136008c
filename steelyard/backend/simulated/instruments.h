// SPDX-License-Identifier: Apache-2.0
// The sensor of a simulated device: power, utilisation, memory and the predicted latency, a reading
// of each every update period. All of it is labelled as simulated and carries its band. One thread.
#pragma once

#include <memory>

#include "steelyard/backend/simulated/activity.h"
#include "steelyard/backend/simulated/prediction.h"
#include "steelyard/backend/simulated/profile.h"
#include "steelyard/sensor/sensor.h"

namespace steelyard::simulated {

// A device that holds no model: idle for ever, on whatever clock `until` is given.
std::unique_ptr<Sensor> sensor_of_idle_device(const Profile&);

// A device that holds a model; `activity` is shared with the queries that feed it. The first
// reading is that of the first update after `from`.
std::unique_ptr<Sensor> sensor_of_loaded_device(const Profile&, const Prediction& of_one_window,
                                                std::shared_ptr<Activity> activity,
                                                nanoseconds from);

}  // namespace steelyard::simulated
