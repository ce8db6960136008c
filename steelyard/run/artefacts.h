// SPDX-License-Identifier: Apache-2.0
// Which ONNX graph an artefact's answers are right for. A file made by `steelyard convert` has a
// small note beside it: GRU_Apple.hef and GRU_Apple.hef.made-from. Thread-safe.
#pragma once

#include <filesystem>
#include <optional>

#include "steelyard/model/model.h"

namespace steelyard {

// The model that the artefact says it was made from; nothing where it says nothing. Throws Error
// when that model is not there or is another one by now.
std::optional<Model> reference_beside(const std::filesystem::path& artefact);

// Writes that note. Throws Error.
void save_reference(const std::filesystem::path& artefact, const Model& made_from);

// The model that an unrolled one was made from, when it lies beside it; else the model itself.
Model original_of(const Model&);

}  // namespace steelyard
