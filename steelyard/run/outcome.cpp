// SPDX-License-Identifier: Apache-2.0
// Reasons of cases that were not measured.
#include "steelyard/run/outcome.h"

namespace steelyard {

Outcome outcome_of(const Availability& availability) {
  const ReasonCode code = availability.kind == Availability::NotBuilt    ? ReasonCode::not_built
                          : availability.kind == Availability::NoRuntime ? ReasonCode::no_runtime
                                                                         : ReasonCode::no_device;
  return {Outcome::Skipped, {code, {}, availability.reason}, availability.hint};
}

Outcome outcome_of(const ErrorAnswer& error) {
  if (error.skipped)
    return {Outcome::Skipped, {ReasonCode::unsupported, {}, error.what}, error.hint};
  return {Outcome::Failed, {ReasonCode::error, {}, error.what}, error.hint};
}

}  // namespace steelyard
