// SPDX-License-Identifier: Apache-2.0
// The known device and its queue.
#include "cli/verify_truths.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "steelyard/base/random.h"

namespace steelyard::cli {

Network verify_network() {
  Random random(1);
  const auto draw = [&](std::size_t n, double width) {
    std::vector<float> values(n);
    for (float& value : values) value = static_cast<float>((random.uniform() - 0.5) * width);
    return values;
  };
  Network network;
  network.window = 8;
  network.features = 5;
  Recurrent layer;
  layer.input = layer.hidden = 5;
  layer.w = draw(3 * 5 * 5, 0.8);
  layer.r = draw(3 * 5 * 5, 0.8);
  layer.b = draw(2 * 3 * 5, 0.2);
  network.layers.push_back(layer);
  Dense dense;
  dense.input = 5;
  dense.output = 1;
  dense.w = draw(5, 0.02);
  dense.b = draw(1, 0.001);
  network.head.push_back(dense);
  return network;
}

WindowRecipe verify_recipe() {
  WindowRecipe recipe;
  recipe.features = {"Open", "High", "Low", "Close", "Volume"};
  recipe.target = "Close";
  recipe.scales.resize(6);  // the features and the target
  return recipe;
}

std::string verify_table() {
  Random random(5);
  std::string text = "Date,Open,High,Low,Close,Volume\n";
  for (int i = 0; i < 600; ++i) {
    const double close = 100 + 10 * random.uniform();
    text += fmt::format("{}-{:02}-{:02},{:.4f},{:.4f},{:.4f},{:.4f},{}\n", 2010 + i / 336,
                        1 + i / 28 % 12, 1 + i % 28, close - 0.3, close + 1, close - 1, close,
                        1'000'000 + i % 7 * 1000);
  }
  return text;
}

std::string verify_profile() {
  return R"(name = "Constant device"
precisions = ["fp32"]
[stands_for]
device = "Constant device"
runtime = "constant"
[nodes.gru]
steps = [8]
count = [1]
source = "by definition"
[nodes.lstm]
steps = [8]
count = [1]
source = "by definition"
[nodes.rnn]
steps = [8]
count = [1]
source = "by definition"
[nodes]
dense = { value = 1, source = "by definition" }
[latency]
fixed = { value = 99.806, unit = "us", source = "by definition" }
per_node = { value = 0, unit = "us", source = "by definition" }
per_window = { value = 19.8, unit = "us", source = "by definition" }
input = { value = 0.85, unit = "GB/s", source = "by definition" }
output = { value = 0.85, unit = "GB/s", source = "by definition" }
arithmetic = { value = 2.9, unit = "TOPS", source = "by definition" }
[latency.tail]
percent = [0, 50, 90, 95, 99, 99.9, 100]
factor = [1, 1, 1, 1, 1, 1, 1]
source = "by definition"
[latency.band]
low = 0.5
high = 1.5
source = "by definition"
[in_flight]
depth = { value = 2, source = "by definition" }
serial = { value = 0.015, unit = "1", source = "by definition" }
[startup]
load = { value = 500, unit = "ms", source = "by definition" }
first_query = { value = 5, unit = "ms", source = "by definition" }
[power]
boundary = "module"
idle = { value = 0.5, unit = "W", source = "by definition" }
context = { value = 0.8, unit = "W", source = "by definition" }
active = { value = 1.5, unit = "W", source = "by definition" }
limit = { value = 3, unit = "W", source = "by definition" }
per_mac = { value = 0, unit = "pJ", source = "by definition" }
rise = { value = 10, unit = "ms", source = "by definition" }
fall = { value = 10, unit = "ms", source = "by definition" }
[power.band]
low = 0.5
high = 2
source = "by definition"
[utilisation]
definition = "by definition"
per_query = { value = 50, unit = "us", source = "by definition" }
per_node = { value = 0, unit = "us", source = "by definition" }
units = { value = 1, source = "by definition" }
units_in_use = { value = 1, source = "by definition" }
[utilisation.band]
low = 0.5
high = 1.5
source = "by definition"
)";
}

// P(wait <= t) = (1 - load) * sum over j <= t of (load (j - t))^j / j! * exp(-load (j - t)), t in
// services. The terms alternate and grow, but below 30 services a double holds them.
double md1_percentile(double load, double p) {
  const auto share = [load](double t) {
    double sum = 0;
    for (int j = 0; j <= static_cast<int>(t); ++j) {
      const double x = load * (j - t);
      double term = std::exp(-x);
      for (int k = 1; k <= j; ++k) term *= x / k;
      sum += term;
    }
    return (1 - load) * sum;
  };
  double low = 0, high = 30;
  while (high - low > 1e-9) {
    const double middle = (low + high) / 2;
    (share(middle) < p ? low : high) = middle;
  }
  return 1 + low;
}

}  // namespace steelyard::cli
