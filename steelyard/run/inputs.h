// SPDX-License-Identifier: Apache-2.0
// Inputs of a model without a recipe: shapes for axes that it leaves open, numbers from files or
// made up from a seed. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/model/model.h"
#include "steelyard/record/record.h"
#include "steelyard/run/feed.h"

namespace steelyard {

// What was said of inputs, for those that this model has: files hashed, shapes taken from .npy
// files where none was given. Throws Error for a file that cannot be read or does not fit.
std::vector<GivenInput> inputs_for(const Model&, const std::vector<GivenInput>& said);

// The model with those shapes. A batch axis that is given as 1 stays open, because the load says
// how many windows a query holds; one that is given as something else is a part of the query.
// Throws Error when a shape contradicts the model.
void give_shapes(Model&, const std::vector<GivenInput>&);

// What our own engine knows the model as; none for other models. Says which inputs hold windows,
// states and lengths.
std::optional<Network> recurrent_network(const Model&);

// Windows of a model without a recipe, of which give_shapes() was asked: every input but a state is
// read from its file or drawn from `seed`; lengths of windows are 1 to all steps. Throws Error.
Feed feed_of_inputs(const Model&, const std::vector<GivenInput>&, std::uint64_t seed);

}  // namespace steelyard
