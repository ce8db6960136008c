// SPDX-License-Identifier: Apache-2.0
// What the outputs of the timed run are worth: against what really came, and against FP32.
// Thread-safe.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "steelyard/stats/figures.h"
#include "steelyard/stats/stats.h"

namespace steelyard::stats {
namespace {

// Windows whose outputs are there. A database may have been cut short or made by somebody else:
// nothing is assumed about the lengths.
std::vector<std::size_t> answered(const Measurement& m) {
  std::vector<std::size_t> windows;
  const std::size_t width = m.output_width;
  if (width == 0) return windows;
  const std::size_t count = std::min(m.seen.size(), m.outputs.size() / width);
  for (std::size_t i = 0; i < count; ++i)
    if (m.seen[i]) windows.push_back(i);
  return windows;
}

// Numbers a window in the reference: as many as the outputs have, or 0 when the two cannot be
// compared.
std::size_t reference_width(const Measurement& m) {
  if (!m.truth || m.truth->reference.empty() || m.truth->windows() == 0) return 0;
  const std::size_t width = m.truth->reference.size() / m.truth->windows();
  return width == m.output_width ? width : 0;
}

Reason no_reference(const Measurement& m) {
  if (!m.truth) return reason(ReasonCode::no_targets);
  const Truth& truth = *m.truth;
  if (!truth.reference.empty())
    return reason(
        ReasonCode::no_reference, {},
        fmt::format("the reference has {} numbers for {} windows, the device answers {} a window",
                    truth.reference.size(), truth.windows(), m.output_width));
  return reason(ReasonCode::no_reference, {}, truth.no_reference_because);
}

struct Distance {
  double largest = 0, rms_price = 0;
  double reference_sd = 0;
  std::size_t not_finite = 0;
};

Distance distance_to_reference(const Measurement& m, const std::vector<std::size_t>& windows,
                               std::size_t width) {
  const Truth& truth = *m.truth;
  Distance distance;
  Moments reference;
  double squares = 0;
  for (std::size_t i : windows)
    for (std::size_t k = i * width; k < (i + 1) * width && k < truth.reference.size(); ++k) {
      reference.add(truth.reference[k]);
      if (!std::isfinite(m.outputs[k])) {
        ++distance.not_finite;
        continue;
      }
      const double error = static_cast<double>(m.outputs[k]) - truth.reference[k];
      distance.largest = std::max(distance.largest, std::abs(error));
      if (i < truth.scale.size()) squares += error * error * truth.scale[i] * truth.scale[i];
    }
  distance.rms_price = std::sqrt(squares / static_cast<double>(windows.size() * width));
  distance.reference_sd = reference.stddev();
  return distance;
}

Reason not_finite(std::size_t count, double tolerance) {
  return reason(
      ReasonCode::outputs_differ,
      {{"error", std::numeric_limits<double>::infinity(), ""}, {"tolerance", tolerance, ""}},
      fmt::format("{} outputs are not finite numbers", count));
}

void fill_errors(const Measurement& m, const std::vector<std::size_t>& windows,
                 AccuracyFigures& figures) {
  const Truth& truth = *m.truth;
  double squares = 0, naive_squares = 0;
  std::size_t bad = 0;
  for (std::size_t i : windows) {
    const double output = m.outputs[i * m.output_width];
    bad += !std::isfinite(output);
    const double error = output * truth.scale[i] + truth.offset[i] - truth.target[i];
    const double naive = truth.naive[i] - truth.target[i];
    squares += error * error;
    naive_squares += naive * naive;
  }
  const double n = static_cast<double>(windows.size());
  figures.rmse_naive = std::sqrt(naive_squares / n);
  if (bad > 0) {
    figures.reason = not_finite(bad, 0);
    return;
  }
  figures.rmse = std::sqrt(squares / n);
  if (*figures.rmse_naive > 0) figures.skill = 1 - *figures.rmse / *figures.rmse_naive;
}

double rmse_of(const std::vector<float>& outputs, const Truth& truth,
               const std::vector<std::size_t>& windows, std::size_t width) {
  double squares = 0;
  for (std::size_t i : windows) {
    if ((i + 1) * width > outputs.size() || i >= truth.scale.size()) continue;
    const double error = outputs[i * width] * truth.scale[i] + truth.offset[i] - truth.target[i];
    squares += error * error;
  }
  return std::sqrt(squares / static_cast<double>(windows.size()));
}

Reason another_graph(const Truth& truth, const std::vector<std::size_t>& windows,
                     std::size_t width) {
  return reason(ReasonCode::another_graph,
                {{"rmse", rmse_of(truth.reference, truth, windows, width), truth.unit},
                 {"original", rmse_of(truth.original, truth, windows, width), truth.unit}});
}

}  // namespace

AccuracyFigures accuracy_of(const Measurement& m) {
  AccuracyFigures figures;
  if (m.truth) figures.unit = m.truth->unit;
  if (is_null(m)) {
    figures.reason = reason(ReasonCode::outputs_meaningless);
    return figures;
  }
  const std::size_t count = m.truth ? m.truth->windows() : 0;
  if (count == 0 || m.truth->naive.size() != count || m.truth->scale.size() != count ||
      m.truth->offset.size() != count) {
    figures.reason = reason(ReasonCode::no_targets);
    return figures;
  }
  std::vector<std::size_t> windows = answered(m);
  std::erase_if(windows, [&](std::size_t i) { return i >= count; });
  if (windows.size() < count)
    figures.reason =
        reason(ReasonCode::incomplete_pass, {{"seen", static_cast<double>(windows.size()), ""},
                                             {"windows", static_cast<double>(count), ""}});
  if (windows.empty()) return figures;
  fill_errors(m, windows, figures);
  if (const std::size_t width = reference_width(m)) {
    const Distance distance = distance_to_reference(m, windows, width);
    if (distance.not_finite > 0) return figures;
    figures.max_abs_error_vs_reference = distance.largest;
    figures.rmse_vs_reference = distance.rms_price;
  } else if (!figures.reason) {
    figures.reason = no_reference(m);
  }
  return figures;
}

CorrectnessFigures correctness_of(const Measurement& m) {
  CorrectnessFigures figures;
  if (is_null(m)) {
    figures.reason = reason(ReasonCode::outputs_meaningless);
    return figures;
  }
  const std::size_t width = reference_width(m);
  if (width == 0) {
    figures.reason = no_reference(m);
    return figures;
  }
  std::vector<std::size_t> windows = answered(m);
  std::erase_if(windows, [&](std::size_t i) { return i >= m.truth->windows(); });
  if (windows.empty()) {
    figures.reason =
        reason(ReasonCode::incomplete_pass,
               {{"seen", 0, ""}, {"windows", static_cast<double>(m.truth->windows()), ""}});
    return figures;
  }
  const Distance distance = distance_to_reference(m, windows, width);
  const Tolerance allowed = tolerance_of(m.obtained);
  const double tolerance = allowed.absolute + allowed.relative * distance.reference_sd;
  figures.kind = "OK";
  if (distance.not_finite > 0 || !(distance.largest <= tolerance)) {
    figures.kind = "WRONG";
    figures.reason = distance.not_finite > 0
                         ? not_finite(distance.not_finite, tolerance)
                         : reason(ReasonCode::outputs_differ,
                                  {{"error", distance.largest, ""}, {"tolerance", tolerance, ""}});
  }
  if (figures.kind == "OK" && !m.truth->original.empty()) {
    figures.kind = "VARIANT";
    figures.reason = another_graph(*m.truth, windows, width);
  }
  return figures;
}

}  // namespace steelyard::stats

namespace steelyard {

// Outputs are about 1 in size (normalised), so the absolute part is a few roundings of the format
// at 1; the relative part leaves room for what recurrent steps add up. An answer of zeros, or the
// answer to another window, is 3 and more standard deviations off somewhere in a pass and beyond
// all of these.
Tolerance tolerance_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return {1e-5, 1e-4};  // 2^-24; other order of sums, other tanh; seen: 1e-6 (ONNX Runtime)
    case Precision::tf32:   // 2^-11 in products, sums in fp32
    case Precision::fp16:
      return {2e-3, 0.05};  // 2^-11, sums too
    case Precision::bf16:
      return {2e-2, 0.25};  // 2^-8
    case Precision::int8:
      return {5e-2, 1.0};  // 1/256 of the calibrated range; windows beyond it are clipped
  }
  return {};
}

}  // namespace steelyard
