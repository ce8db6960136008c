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
