// SPDX-License-Identifier: Apache-2.0
// Fitting a small recurrent network to windows. The work is done by LibTorch in a module of its
// own, lib/steelyard/train.so, opened on the first call, because a program that merely links
// LibTorch starts in 0.4 s with 160 MB. One training at a time; the same seed gives the same
// network bit for bit on one CPU type.
#pragma once

#include <cstdint>
#include <functional>

#include "steelyard/data/data.h"
#include "steelyard/model/network.h"

namespace steelyard {

struct TrainOptions {
  Cell cell = Cell::gru;
  bool bidirectional = false;
  int hidden = 5;
  int layers = 1;
  std::uint64_t seed = 1;
  int max_epochs = 200;
  int patience =
      20;  // epochs without a better validation loss before stopping; the best weights are kept
  int batch = 64;  // windows a step at most; short tables get fewer, for at least 32 steps an epoch
  double learning_rate = 1e-2;  // Adam
};

struct TrainProgress {
  int epoch = 0, max_epochs = 0;
  double train_loss = 0, validation_loss = 0;  // mean squared error of normalised targets
  double best_validation_loss = 0;
};

// Availability of the module: Ready, NotBuilt (no train.so) or NoRuntime (it does not load).
Availability train_availability();

// Throws Error when the module cannot be used, the data are too few or the loss is not finite.
Network train(const Windows& training, const Windows& validation, const TrainOptions&,
              const std::function<void(const TrainProgress&)>& progress = {});

// What train.so's ModuleHeader::entry points to.
using TrainFunction = Network (*)(const Windows&, const Windows&, const TrainOptions&,
                                  const std::function<void(const TrainProgress&)>&);

}  // namespace steelyard
