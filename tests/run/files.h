// SPDX-License-Identifier: Apache-2.0
// A folder that goes with the test, and in it a table and models that take milliseconds to make.
#pragma once

#include <stdlib.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "steelyard/base/random.h"
#include "steelyard/model/model.h"

namespace steelyard {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "steelyard-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// `rows` days of a noisy sine around 100, as an OHLCV table.
inline void write_table(const std::filesystem::path& file, int rows = 300) {
  Random random(5);
  std::ofstream out(file);
  out << "Date,Open,High,Low,Close,Volume\n";
  for (int i = 0; i < rows; ++i) {
    const double close = 100 + 10 * std::sin(i * 0.1) + random.uniform();
    char line[160];
    std::snprintf(line, sizeof line, "%d-%02d-%02d,%.4f,%.4f,%.4f,%.4f,%d\n", 2010 + i / 336,
                  1 + i / 28 % 12, 1 + i % 28, close - 0.3, close + 1, close - 1, close,
                  1000000 + i % 7 * 1000);
    out << line;
  }
}

// A GRU of five units with weights drawn from `seed`; outputs stay near the last close.
inline void write_model(const std::filesystem::path& file, std::uint64_t seed = 1) {
  Random random(seed);
  const auto draw = [&](std::size_t n, double width) {
    std::vector<float> values(n);
    for (float& value : values) value = static_cast<float>((random.uniform() - 0.5) * width);
    return values;
  };
  Network network;
  network.window = 8;
  network.features = 5;
  Recurrent layer;
  layer.input = 5;
  layer.hidden = 5;
  layer.w = draw(3 * 5 * 5, 0.8);
  layer.r = draw(3 * 5 * 5, 0.8);
  layer.b = draw(2 * 3 * 5, 0.2);
  network.layers.push_back(std::move(layer));
  Dense dense;
  dense.input = 5;
  dense.output = 1;
  dense.w = draw(5, 0.02);
  dense.b = draw(1, 0.001);
  network.head.push_back(std::move(dense));
  WindowRecipe recipe;
  recipe.features = {"Open", "High", "Low", "Close", "Volume"};
  recipe.target = "Close";
  recipe.scales.resize(6);  // the features and the target
  save_network(network, recipe, {}, file);
}

}  // namespace steelyard
