// SPDX-License-Identifier: Apache-2.0
// Integer tensors of a simulated NPU. Whole numbers are held in doubles: sums of products stay
// exact up to 2^53 and vectorise. Plain data, one thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace steelyard::simulated {

// x = units * scale; at full precision the scale is 1.
struct Activations {
  std::vector<double> units;
  double scale = 1;
  double value(int i) const { return units[i] * scale; }
};

// An unsigned integer format: q = round_half_to_even(clip(x) / scale + zero).
struct Affine {
  double low = 0, high = 0;  // first the range seen, after fix() the range that q can hold
  double scale = 1, zero = 0;

  void see(double x) {
    low = std::min(low, x);
    high = std::max(high, x);
  }
  void fix(int bits) {
    const double top = static_cast<double>((1 << bits) - 1);
    if (high - low < 1e-9) high = low + 1e-9;
    // A float, as in the runtime's own structures; it also swallows last-digit differences.
    scale = static_cast<float>((high - low) / top);
    zero = std::nearbyint(-low / scale);
    low = (0 - zero) * scale;
    high = (top - zero) * scale;
  }
  double units(double x) const {  // q - zero
    return std::nearbyint(std::clamp(x, low, high) / scale + zero) - zero;
  }
};

// A matrix [outputs][inputs], held as [inputs][outputs]; symmetric signed integers after
// quantise().
struct Weights {
  int inputs = 0, outputs = 0;
  std::vector<double> units;
  std::vector<double> scale;  // one an output, all equal when the tensor has one

  Weights(const float* w, int outputs_, int inputs_)
      : inputs(inputs_),
        outputs(outputs_),
        units(static_cast<std::size_t>(inputs_) * outputs_),
        scale(outputs_, 1.0) {
    for (int o = 0; o < outputs; ++o)
      for (int i = 0; i < inputs; ++i) at(i, o) = w[static_cast<std::size_t>(o) * inputs + i];
  }
  double& at(int i, int o) { return units[static_cast<std::size_t>(i) * outputs + o]; }

  void quantise(int bits, bool per_channel) {
    const double top = static_cast<double>((1 << (bits - 1)) - 1);
    double largest = 0;
    for (const double w : units) largest = std::max(largest, std::fabs(w));
    for (int o = 0; o < outputs; ++o) {
      double of_channel = per_channel ? 0 : largest;
      for (int i = 0; i < inputs; ++i) of_channel = std::max(of_channel, std::fabs(at(i, o)));
      scale[o] = of_channel > 0 ? static_cast<float>(of_channel / top) : 1;
      for (int i = 0; i < inputs; ++i)
        at(i, o) = std::clamp(std::nearbyint(at(i, o) / scale[o]), -top, top);
    }
  }

  // sums[o] += w[o] . x; `product` is work space of at least `outputs`.
  void multiply(const Activations& x, std::vector<double>& product,
                std::vector<double>& sums) const {
    std::fill_n(product.begin(), outputs, 0.0);
    for (int i = 0; i < inputs; ++i) {
      const double unit = x.units[i];
      const double* row = units.data() + static_cast<std::size_t>(i) * outputs;
      for (int o = 0; o < outputs; ++o) product[o] += unit * row[o];
    }
    for (int o = 0; o < outputs; ++o) sums[o] += product[o] * (x.scale * scale[o]);
  }
};

}  // namespace steelyard::simulated
