// SPDX-License-Identifier: Apache-2.0
// How rows of a table become inputs of a model (written by `train` into the model file, obeyed by
// `run`), and what its outputs are compared with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard {

enum class Normalise { window, minmax, zscore };
std::string_view to_string(Normalise);
std::optional<Normalise> normalise_from(std::string_view);

// For one feature: normalised = (value - offset) / scale, after making it relative to the window
// for Normalise::window. Fitted on the training rows only. Formulas, and what scale 0 means:
// data.h.
struct FeatureScale {
  double offset = 0;
  double scale = 1;
  friend bool operator==(const FeatureScale&, const FeatureScale&) = default;
};

struct WindowRecipe {
  std::vector<std::string>
      features;        // column names in input order, e.g. Open High Low Close Volume
  std::string target;  // column predicted for the row after the window
  int window = 8;      // rows a window
  Normalise normalise = Normalise::window;
  std::vector<FeatureScale> scales;   // one a feature, then the target's
  double train_fraction = 0.70;       // of the windows, in time order
  double validation_fraction = 0.15;  // the rest is the test part
  bool adjusted = false;              // Adj Close was applied
  std::string ticker;  // rows selected from a long file; empty when there was nothing to select
  std::string data_sha256;  // of the file it was fitted on
};

// What the outputs are compared with: one entry a test window, in window order. Shared by all cases
// of a (model, data) pair and stored once. price = output * scale + offset.
struct Truth {
  std::string id;    // sha256 of the content
  std::string unit;  // of target, e.g. "USD"; empty when the data does not say
  std::string target_name;
  std::vector<double> target;  // what really came
  std::vector<double> naive;   // the last known value: the forecast "tomorrow = today"
  std::vector<double> scale;   // to turn a model output into the target's unit
  std::vector<double> offset;
  std::vector<float>
      reference;  // FP32 outputs of the native engine; empty when it cannot run the model
  std::string no_reference_because;
  // Outputs of the model's own graph where `reference` is another one's, which an artefact was made
  // from; else empty.
  std::vector<float> original;
  std::uint64_t windows() const { return target.size(); }
};

}  // namespace steelyard
