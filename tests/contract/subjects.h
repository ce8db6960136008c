// SPDX-License-Identifier: Apache-2.0
// Whom the contract binds: every device that is ready on this machine, except the null backend,
// which answers nothing. Models are written once per network into a folder that is gone when the
// tests end.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "steelyard/backend/registry.h"
#include "tests/contract/reference.h"

namespace steelyard::contract {

// The registry with the modules of this build, or of $STEELYARD_MODULES: the contract for a backend
// that was built elsewhere.
inline const Registry& registry() {
  ::setenv("STEELYARD_MODULES", STEELYARD_BUILD "/lib/steelyard", 0);
  return Registry::instance();
}

// A device in one of its precisions, as text: "onnxruntime:cpu@fp32".
inline std::vector<std::string> ready_specs() {
  std::vector<std::string> specs;
  for (const DeviceListing& listing : registry().list()) {
    if (listing.availability.kind != Availability::Ready || listing.backend == "null") continue;
    const Registry::Found found = registry().resolve(parse_spec(listing.spec));
    for (const Precision precision : found.device.precisions) {
      Spec spec = parse_spec(listing.spec);
      spec.precision = precision;
      specs.push_back(to_string(spec));
    }
  }
  return specs;
}

// "onnxruntime:cpu@fp32" -> "onnxruntime_cpu_fp32", which GoogleTest accepts as a name.
inline std::string test_name(std::string spec) {
  for (char& c : spec)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return spec;
}

// How far an answer may lie from the exact one, as a part of the largest exact answer: the rounding
// of the format, grown by the steps of a window. fp32 is the bar between our engine and ONNX
// Runtime.
inline double tolerance_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return 1e-5;
    case Precision::tf32:
      return 5e-3;
    case Precision::fp16:
      return 5e-3;
    case Precision::bf16:
      return 4e-2;
    case Precision::int8:
      return 2e-1;
  }
  return 0;
}

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("steelyard-contract-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline const std::filesystem::path& folder() {
  static const Folder folder;
  return folder.path();
}

inline Model model_of(const Network& network, const std::string& name) {
  WindowRecipe recipe;
  recipe.window = network.window;
  for (int i = 0; i < network.features; ++i) {
    recipe.features.push_back("f" + std::to_string(i));
    recipe.scales.push_back({});
  }
  recipe.target = "f0";
  const auto file = folder() / (name + ".onnx");
  save_network(network, recipe, {}, file);
  // What the stand-in for HailoRT takes for a compiled model.
  std::ofstream(folder() / (name + ".hef"))
      << "FAKEHEF\narch hailo8l\nmodel " << file.string() << "\nwindow " << network.window << "\n";
  return load_model(file);
}

// One device with one network compiled for it, and inputs for it.
class Subject {
 public:
  Subject(const std::string& spec, const Shape& shape, std::uint64_t seed = 1,
          std::vector<Setting> settings = {})
      : network(random_network(shape, seed)),
        found(registry().resolve(parse_spec(spec))),
        model(model_of(network, "network" + std::to_string(seed))) {
    Random random(seed ^ 0x9e3779b97f4a7c15u);
    windows_ = random_floats(random, 128 * window_floats(), 1.0);
    options.precision = found.precision;
    options.settings = std::move(settings);
    options.window = shape.window;
    options.calibration = windows_;
  }

  std::unique_ptr<CompiledModel> compile() const {
    return found.backend->compile(model, nullptr, found.device, options);
  }
  std::size_t window_floats() const {
    return static_cast<std::size_t>(network.window * network.features);
  }
  std::size_t outputs() const { return static_cast<std::size_t>(network.outputs()); }
  // The next windows of those that the device was calibrated with, so that none lies beyond them.
  std::vector<float> next_input(int batch) {
    std::vector<float> input;
    for (int i = 0; i < batch; ++i, next_ = (next_ + 1) % 128) {
      const float* window = &windows_[next_ * window_floats()];
      input.insert(input.end(), window, window + window_floats());
    }
    return input;
  }
  std::vector<double> exact(const std::vector<float>& input) const {
    std::vector<double> all;
    for (std::size_t at = 0; at < input.size(); at += window_floats())
      for (const double y : answer(network, &input[at], network.window)) all.push_back(y);
    return all;
  }

  Network network;
  Registry::Found found;
  Model model;
  CompileOptions options;

 private:
  std::vector<float> windows_;
  std::size_t next_ = 0;
};

inline std::vector<float> infer(Session& session, const std::vector<float>& input) {
  std::vector<float> output(session.signature().output_bytes() / sizeof(float), -77.0f);
  session.infer(std::as_bytes(std::span(input)), std::as_writable_bytes(std::span(output)));
  return output;
}

inline void expect_close(const std::vector<float>& got, const std::vector<double>& exact,
                         double tolerance) {
  ASSERT_EQ(got.size(), exact.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got[i], exact[i], tolerance * std::max(1.0, std::abs(exact[i])))
        << "output " << i << " of " << got.size();
}

}  // namespace steelyard::contract
