// SPDX-License-Identifier: Apache-2.0
// How long one query of a network takes on a profile's device, and what the device does meanwhile.
// Only + - * / on doubles, in this order, without contraction: the same nanoseconds on every
// machine. Pure functions.
#pragma once

#include "steelyard/backend/simulated/profile.h"
#include "steelyard/model/network.h"
#include "steelyard/record/spec.h"

namespace steelyard::simulated {

// What one query asks of a device, whatever the device.
struct Work {
  double nodes = 0;         // dependent launches, by the profile's count
  double macs = 0;          // multiply-accumulates of one window
  double input_bytes = 0;   // of one window, at the device's precision
  double output_bytes = 0;  // of one window
  double weight_bytes = 0;  // of the model
  double windows = 1;       // in one query
};
// Throws Unsupported when the profile counts no nodes for one of the layers' cells.
Work work_of(const Network&, const Profile&, Precision, int window, int batch);

struct Prediction {
  double base_ns = 0;      // of one query; a drawn factor of the tail multiplies it
  double mean_ns = 0;      // over the tail
  double utilisation = 0;  // share of the device in use during a query, 0 to 1
  double watts = 0;        // true power of the device while a query runs
  double memory_bytes = 0;
};
Prediction predict(const Profile&, const Work&);

}  // namespace steelyard::simulated
