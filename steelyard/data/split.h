// SPDX-License-Identifier: Apache-2.0
// How many windows each part has, in time order. Pure. Private to `data`.
#pragma once

#include <cmath>
#include <cstddef>

#include "steelyard/record/record.h"

namespace steelyard::data {

struct Split {
  std::size_t train = 0, validation = 0, test = 0;
};

inline Split split_of(std::size_t rows, const WindowRecipe& recipe) {
  const auto window = static_cast<std::size_t>(recipe.window);
  const std::size_t windows = rows > window ? rows - window : 0;
  // The hair keeps 0.7 * 10 at 7 whatever the rounding of the product.
  const auto share = [&](double fraction) {
    return static_cast<std::size_t>(std::floor(fraction * static_cast<double>(windows) + 1e-9));
  };
  Split split{share(recipe.train_fraction), share(recipe.validation_fraction), 0};
  split.test = windows - split.train - split.validation;
  return split;
}

}  // namespace steelyard::data
