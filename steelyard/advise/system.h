// SPDX-License-Identifier: Apache-2.0
// A system as two straight lines over the request rate, watts and money, with what it stands on.
// Private to `advise`. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/advise/advise.h"

namespace steelyard::advising {

constexpr Estimate operator+(const Estimate& a, const Estimate& b) {
  return {a.value + b.value, a.low + b.low, a.high + b.high};
}
constexpr Estimate operator*(const Estimate& a, double k) {  // k >= 0
  return {a.value * k, a.low * k, a.high * k};
}
constexpr Estimate exactly(double value) { return {value, value, value}; }

// What a system needs: `shared` by everything on that host, and its own.
struct Needs {
  Estimate shared, fixed, slope;  // at rate r: shared + fixed + slope * r
  Estimate at(double rate) const { return shared + fixed + slope * rate; }
};

struct System {
  Candidate told;
  const Summary* row = nullptr;
  const Summary* load = nullptr;  // where its latency comes from: under load, or `row`
  std::string host_id;            // of the table; empty: not in it
  bool is_cpu = false;
  std::optional<Needs> watts;
  std::optional<Needs> dollars;  // fixed and shared only: hardware
};

// The rows of one model that count: newest completed a device, real instead of simulated.
struct Rows {
  std::string model;
  std::vector<const Summary*> rows;
};
std::vector<Rows> rows_of(const std::vector<Summary>&, const std::string& model);
// The row of the same device under arrivals of at least this rate, the nearest first; one query at
// a time does not wait for others, so such a row tells more of a service. `row` where there is
// none.
const Summary* under_load(const std::vector<Summary>&, const Summary& row,
                          const std::optional<double>& rate);

// A row as a system; notes in `assumed` what it took from the table.
System system_of(const Summary&, const Question&, const SystemTable&,
                 std::vector<Assumed>& assumed);

// judge.cpp
void check(System&, const Question&, std::optional<double> best_rmse, double per_dollar);
// The lines by which systems are ranked ("energy" or "cost"); empty where unknown.
std::optional<Needs> line_of(const System&, const std::string& by, const Question&,
                             double per_dollar);
void rank(std::vector<System>&, const std::string& by, const Question&, double per_dollar);
void mark_front(std::vector<System>&);

// rates.cpp
std::vector<Crossing> crossings(const std::vector<System>&, const std::string& by, const Question&,
                                double per_dollar);
std::vector<RateRange> ranges(const std::vector<System>&, const std::string& by, const Question&,
                              double per_dollar);
std::vector<Sensitivity> sensitivities(const std::vector<System>&, const Question&,
                                       double per_dollar);

}  // namespace steelyard::advising
