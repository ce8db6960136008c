// SPDX-License-Identifier: Apache-2.0
// `steelyard train`: a table in, ONNX models out.
#include "steelyard/train/train.h"

#include <fmt/format.h>

#include <map>
#include <system_error>

#include "cli/commands.h"
#include "cli/terminal.h"
#include "steelyard/model/model.h"

namespace steelyard::cli {
namespace {

struct Kind {
  std::string_view word, file;
  Cell cell;
  bool bidirectional;
};
constexpr Kind kKinds[] = {{"gru", "GRU", Cell::gru, false},
                           {"lstm", "LSTM", Cell::lstm, false},
                           {"bilstm", "BiLSTM", Cell::lstm, true}};

const Kind& kind_of_word(std::string_view word) {
  for (const Kind& kind : kKinds)
    if (kind.word == word) return kind;
  throw UsageError(fmt::format("there is no kind '{}'", word), "there is: gru, lstm, bilstm");
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw Error(fmt::format("cannot make the folder {}: {}", folder.string(), error.message()),
                "choose another --output");
}

TrainOptions options_of(const Train& words, const Kind& kind) {
  TrainOptions options;
  options.cell = kind.cell;
  options.bidirectional = kind.bidirectional;
  options.hidden = words.hidden;
  options.layers = words.layers;
  options.seed = words.seed;
  return options;
}

}  // namespace

int execute(const Train& words) {
  if (const auto availability = train_availability(); availability.kind != Availability::Ready)
    throw Error(availability.reason, availability.hint);
  const Dataset table = load_dataset(words.data, {.ticker = words.ticker, .adjust = words.adjust});
  for (const auto& note : table.notes) talk(note);
  const WindowRecipe recipe = fit_recipe(table, words.recipe);
  const Windows training = make_windows(table, recipe, Part::train);
  const Windows validation = make_windows(table, recipe, Part::validation);
  make_folder(words.output);
  for (const auto& word : words.kinds) {
    const Kind& kind = kind_of_word(word);
    const auto file = words.output / fmt::format("{}_{}.onnx", kind.file, words.name);
    TrainProgress last;
    Network network;
    {
      ProgressLine progress;
      network = train(training, validation, options_of(words, kind), [&](const TrainProgress& p) {
        last = p;
        progress.show(fmt::format("{}_{}  epoch {} of at most {}  validation loss {:.4g}",
                                  kind.file, words.name, p.epoch, p.max_epochs,
                                  p.best_validation_loss));
      });
    }
    save_network(
        network, recipe,
        {{"steelyard.seed", std::to_string(words.seed)}, {"steelyard.version", STEELYARD_VERSION}},
        file);
    print(fmt::format("{}  {} windows, {} epochs, validation loss {:.6g}\n", file.string(),
                      training.count, last.epoch, last.best_validation_loss));
  }
  return 0;
}

}  // namespace steelyard::cli
