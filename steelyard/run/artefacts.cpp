// SPDX-License-Identifier: Apache-2.0
// See artefacts.h.
#include "steelyard/run/artefacts.h"

#include <fmt/format.h>

#include <fstream>
#include <string>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

fs::path note_of(const fs::path& artefact) { return artefact.string() + ".made-from"; }

}  // namespace

std::optional<Model> reference_beside(const fs::path& artefact) {
  const fs::path note = note_of(artefact);
  std::ifstream stream(note);
  if (!stream) return std::nullopt;
  std::string key, file, hash;
  if (!(stream >> key && key == "sha256" && stream >> hash && stream >> key && key == "file" &&
        std::getline(stream >> std::ws, file)))
    throw Error(fmt::format("{} does not say what the artefact was made from", note.string()),
                "convert the model again, or remove that file");
  Model model = load_model(note.parent_path() / file);
  if (model.sha256 != hash)
    throw Error(fmt::format("{} is no longer the model that {} was made from", model.path.string(),
                            artefact.string()),
                "convert the model again");
  return model;
}

void save_reference(const fs::path& artefact, const Model& made_from) {
  const fs::path note = note_of(artefact);
  const fs::path folder = fs::absolute(artefact).parent_path();
  std::ofstream stream(note);
  stream << "sha256 " << made_from.sha256 << "\nfile "
         << fs::absolute(made_from.path).lexically_relative(folder).string() << "\n";
  stream.close();
  if (!stream)
    throw Error(fmt::format("{} cannot be written", note.string()),
                "check that its folder may be written and has room");
}

Model original_of(const Model& model) {
  const auto hash = model.metadata.find("steelyard.unrolled_from");
  const std::string suffix = ".unrolled";
  if (hash == model.metadata.end() || !model.name.ends_with(suffix)) return model;
  const fs::path file = model.path.parent_path() /
                        (model.name.substr(0, model.name.size() - suffix.size()) + ".onnx");
  if (std::error_code none; !fs::is_regular_file(file, none)) return model;
  Model original = load_model(file);
  return original.sha256 == hash->second ? original : model;
}

}  // namespace steelyard
