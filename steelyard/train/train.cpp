// SPDX-License-Identifier: Apache-2.0
// The door to train.so: everything that can be checked without LibTorch is checked before it is
// loaded.
#include "steelyard/train/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "steelyard/base/error.h"
#include "steelyard/base/module.h"

namespace steelyard {
namespace {

constexpr std::uint64_t kLeastTraining = 32;
constexpr std::uint64_t kLeastValidation = 8;
constexpr const char* kInstall =
    "install LibTorch (apt-get install libtorch-dev) and build Steelyard again";

OpenedModule module() { return open_module(module_folder() / "train.so"); }

void check(const Windows& windows, const char* part, std::uint64_t least) {
  if (windows.count < least)
    throw Error(fmt::format("the {} part has {} windows; at least {} are needed to train", part,
                            windows.count, least),
                "take a longer table or a shorter window");
  const std::uint64_t inputs = windows.count * static_cast<std::uint64_t>(windows.window) *
                               static_cast<std::uint64_t>(windows.features);
  if (windows.inputs.size() != inputs || windows.targets.size() != windows.count)
    throw Error(fmt::format("the {} part is not {} windows of {} x {}", part, windows.count,
                            windows.window, windows.features));
  const auto finite = [](float x) { return std::isfinite(x); };
  if (!std::all_of(windows.inputs.begin(), windows.inputs.end(), finite) ||
      !std::all_of(windows.targets.begin(), windows.targets.end(), finite))
    throw Error(fmt::format("the {} part contains a number that is not finite", part),
                "clean the table, or choose another --normalise");
}

void check(const TrainOptions& options) {
  const auto within = [](const char* name, double value, double least, double most) {
    if (!(value >= least && value <= most))
      throw UsageError(
          fmt::format("{} must be between {} and {}, not {}", name, least, most, value));
  };
  within("hidden", options.hidden, 1, 4096);
  within("layers", options.layers, 1, 8);
  within("the number of epochs", options.max_epochs, 1, 1e6);
  within("patience", options.patience, 1, 1e6);
  within("batch", options.batch, 1, 1e6);
  within("the learning rate", options.learning_rate, 1e-9, 10);
}

}  // namespace

Availability train_availability() {
  const auto opened = module();
  if (opened.header) return {};
  if (opened.missing) return {Availability::NotBuilt, opened.reason, kInstall};
  return {Availability::NoRuntime, opened.reason, kInstall};
}

Network train(const Windows& training, const Windows& validation, const TrainOptions& options,
              const std::function<void(const TrainProgress&)>& progress) {
  check(options);
  check(training, "training", kLeastTraining);
  check(validation, "validation", kLeastValidation);
  if (training.window != validation.window || training.features != validation.features)
    throw Error("training and validation windows differ in shape");
  const auto opened = module();
  if (!opened.header)
    throw Error(fmt::format("training is not possible here: {}", opened.reason), kInstall);
  const auto function = reinterpret_cast<TrainFunction>(opened.header->entry);
  return function(training, validation, options, progress);
}

}  // namespace steelyard
