// SPDX-License-Identifier: Apache-2.0
// What the tests of simulated devices share: networks of the published shapes, windows that look
// like prices, folders of profiles that are gone when the test ends.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "steelyard/backend/registry.h"
#include "steelyard/backend/simulated/profile.h"
#include "steelyard/base/random.h"
#include "steelyard/model/model.h"

namespace steelyard::simulated {

inline std::filesystem::path shipped(const std::string& id) {
  return std::filesystem::path(STEELYARD_SOURCE) / "profiles" / (id + ".toml");
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Window 8, 5 features, one output, as the published models.
inline Network network(Cell cell, int hidden = 5, int directions = 1, int layers = 1) {
  Network network;
  network.window = 8;
  network.features = 5;
  Random random(7);
  const auto values = [&](std::size_t count) {
    std::vector<float> list(count);
    for (float& value : list) value = static_cast<float>(0.9 * (2 * random.uniform() - 1));
    return list;
  };
  int input = network.features;
  for (int l = 0; l < layers; ++l) {
    Recurrent layer;
    layer.cell = cell;
    layer.input = input;
    layer.hidden = hidden;
    layer.directions = directions;
    const auto rows = static_cast<std::size_t>(directions) * gates_of(cell) * hidden;
    layer.w = values(rows * input);
    layer.r = values(rows * hidden);
    layer.b = values(2 * rows);
    network.layers.push_back(layer);
    input = layer.output();
  }
  network.head.push_back({input, 1, values(input), values(1)});
  return network;
}

// `count` windows of `network`'s shape, standard deviation near 1 with a few outliers.
inline std::vector<float> windows(const Network& network, std::size_t count,
                                  std::uint64_t seed = 3) {
  Random random(seed);
  std::vector<float> list(count * network.window * network.features);
  for (float& value : list) {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += random.uniform();
    value = static_cast<float>((sum - 6) * (random.uniform() < 0.02 ? 4 : 1));
  }
  return list;
}

class Folder {
 public:
  Folder() {
    static int made = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("steelyard-simulated-" + std::to_string(::getpid()) + "-" + std::to_string(made++));
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }
  Model model(const Network& network) const {
    WindowRecipe recipe;
    recipe.features = {"Open", "High", "Low", "Close", "Volume"};
    recipe.target = "Close";
    recipe.window = network.window;
    recipe.scales.resize(recipe.features.size() + 1);
    save_network(network, recipe, {}, path_ / "model.onnx");
    return load_model(path_ / "model.onnx");
  }

 private:
  std::filesystem::path path_;
};

// The backend with the shipped profiles, and `extra` folders before them.
inline std::unique_ptr<Backend> backend(const std::string& folders = "") {
  const std::string list =
      (folders.empty() ? "" : folders + ":") + std::string(STEELYARD_SOURCE) + "/profiles";
  ::setenv("STEELYARD_PROFILES", list.c_str(), 1);
  auto made = make_simulated_backend();
  made->devices();  // finds the profiles now
  ::unsetenv("STEELYARD_PROFILES");
  return made;
}

inline Device device(const Backend& backend, const std::string& id) {
  for (const Device& each : backend.devices())
    if (each.id == id) return each;
  throw Error("no device " + id);
}

}  // namespace steelyard::simulated
