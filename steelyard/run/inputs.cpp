// SPDX-License-Identifier: Apache-2.0
// See inputs.h.
#include "steelyard/run/inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "steelyard/backend/backend.h"
#include "steelyard/base/hash.h"
#include "steelyard/base/random.h"
#include "steelyard/run/number_file.h"

namespace steelyard {
namespace {

constexpr std::uint64_t kMostWindows = 256;
constexpr std::size_t kMostBytes = 32 << 20;  // of all made-up windows
constexpr int kRows = 8;                      // where one axis besides the batch is open
constexpr int kSteps = 8;                     // Streaming: of a model that takes a row at a time

bool is_batch(const TensorInfo& tensor, std::size_t axis) {
  return static_cast<int>(axis) == tensor.batch_axis;
}

int open_axes(const TensorInfo& tensor) {
  int count = 0;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i)
    count += tensor.shape[i] < 0 && !is_batch(tensor, i) ? 1 : 0;
  return count;
}

// One window's shape: 1 on the batch axis, `rows` on what is open besides.
std::vector<TensorInfo> of_one_window(std::vector<TensorInfo> tensors, int rows) {
  for (TensorInfo& tensor : tensors)
    for (std::size_t i = 0; i < tensor.shape.size(); ++i)
      if (is_batch(tensor, i))
        tensor.shape[i] = 1;
      else if (tensor.shape[i] < 0)
        tensor.shape[i] = rows;
  return tensors;
}

const TensorInfo* find(const Model& model, const std::string& name) {
  const auto found = std::find_if(model.inputs.begin(), model.inputs.end(),
                                  [&](const TensorInfo& t) { return t.name == name; });
  return found == model.inputs.end() ? nullptr : &*found;
}

// The shape of one window that an array of this shape holds one or several of.
std::optional<std::vector<std::int64_t>> window_shape(const TensorInfo& tensor,
                                                      std::vector<std::int64_t> array) {
  if (array.size() + 1 == tensor.shape.size() && tensor.batch_axis >= 0)
    array.insert(array.begin() + tensor.batch_axis, 1);
  if (array.size() != tensor.shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < array.size(); ++i)
    if (is_batch(tensor, i))
      array[i] = 1;
    else if (tensor.shape[i] >= 0 && tensor.shape[i] != array[i])
      return std::nullopt;
  return array;
}

// As many indices as the smallest table that the input's numbers are looked up in; 2 where they are
// not: 0 and 1 are masks, truth values and the first rows of anything.
std::uint64_t index_range(const Graph& graph, const std::string& name) {
  std::uint64_t range = 0;
  for (const Node& node : graph.nodes) {
    if (node.op == "Cast" && node.inputs.at(0) == name) {
      const std::uint64_t behind = index_range(graph, node.outputs.at(0));
      if (behind > 2) range = range == 0 ? behind : std::min(range, behind);
    }
    if (node.op != "Gather" || node.inputs.size() < 2 || node.inputs[1] != name) continue;
    const auto table = graph.constants.find(node.inputs[0]);
    if (table == graph.constants.end()) continue;
    const Attribute* const axis = node.attribute("axis");
    const auto* const at = axis == nullptr ? nullptr : std::get_if<std::int64_t>(&axis->value);
    const auto rank = static_cast<std::int64_t>(table->second.shape.size());
    const std::int64_t index = at == nullptr ? 0 : *at < 0 ? *at + rank : *at;
    if (index < 0 || index >= rank) continue;
    const auto size =
        static_cast<std::uint64_t>(table->second.shape[static_cast<std::size_t>(index)]);
    range = range == 0 ? size : std::min(range, size);
  }
  return range == 0 ? 2 : range;
}

// fp in -1..1, bytes 0..255, other integers below `range`.
void make_up(ElementType type, std::uint64_t range, std::span<std::byte> content, Random& random) {
  const std::size_t size = size_of(type);
  for (std::size_t i = 0; i + size <= content.size(); i += size) {
    const auto put = [&](const auto& value) { std::memcpy(&content[i], &value, size); };
    const auto sign = [&] { return static_cast<std::uint16_t>(random.below(2) << 15); };
    if (type == ElementType::f32)
      put(static_cast<float>(random.uniform() * 2 - 1));
    else if (type == ElementType::f64)
      put(random.uniform() * 2 - 1);
    else if (type == ElementType::f16)  // 0.5 to 1, either sign
      put(static_cast<std::uint16_t>(sign() | 14 << 10 | random.below(1 << 10)));
    else if (type == ElementType::bf16)
      put(static_cast<std::uint16_t>(sign() | 126 << 7 | random.below(1 << 7)));
    else if (type == ElementType::boolean)
      put(static_cast<std::uint8_t>(random.below(2)));
    else if (type == ElementType::u8 && range == 2)
      put(static_cast<std::uint8_t>(random.below(256)));
    else if (size == 1)
      put(static_cast<std::uint8_t>(random.below(std::min<std::uint64_t>(range, 127))));
    else
      put(static_cast<std::int64_t>(random.below(range)));  // little-endian: also 4 bytes of it
  }
}

// Lengths of windows, 1 to `window`.
void make_up_lengths(ElementType type, int window, std::span<std::byte> content, Random& random) {
  const std::size_t size = size_of(type);
  for (std::size_t i = 0; i + size <= content.size(); i += size) {
    const auto length =
        static_cast<std::int64_t>(1 + random.below(static_cast<std::uint64_t>(window)));
    std::memcpy(&content[i], &length, size);  // little-endian: also 4 bytes of it
  }
}

// The file's numbers, window after window.
std::vector<std::byte> content_of(const GivenInput& given, const TensorInfo& window) {
  NumberFile numbers = read_numbers(given.file);
  const auto refuse = [&](const std::string& why) {
    throw Error(fmt::format("{} does not fit the input '{}' {} of {}: {}", given.file, window.name,
                            shape_text(window.shape), name_of(window.type), why),
                "write it with numpy.save() from an array of that type and shape, or of several "
                "such along the batch axis");
  };
  if (numbers.type && *numbers.type != window.type)
    refuse(fmt::format("it holds {}", name_of(*numbers.type)));
  const std::size_t bytes = window.elements() * size_of(window.type);
  if (bytes == 0 || numbers.content.empty() || numbers.content.size() % bytes != 0)
    refuse(fmt::format("its {} bytes are no whole number of windows of {}", numbers.content.size(),
                       bytes));
  if (!numbers.type) return std::move(numbers.content);
  if (window_shape(window, numbers.shape) != window.shape)
    refuse(fmt::format("it is {}", shape_text(numbers.shape)));
  // Windows that are interleaved, because their axis is not the first, one after the other.
  const std::size_t count = numbers.content.size() / bytes;
  std::size_t outer = 1;
  for (int i = 0; i < window.batch_axis; ++i)
    outer *= static_cast<std::size_t>(window.shape[static_cast<std::size_t>(i)]);
  if (count == 1 || outer == 1) return std::move(numbers.content);
  std::vector<std::byte> ordered(numbers.content.size());
  const std::size_t inner = bytes / outer;
  for (std::size_t k = 0; k < count; ++k)
    for (std::size_t o = 0; o < outer; ++o)
      std::memcpy(&ordered[k * bytes + o * inner], &numbers.content[(o * count + k) * inner],
                  inner);
  return ordered;
}

}  // namespace

std::vector<GivenInput> inputs_for(const Model& model, const std::vector<GivenInput>& said) {
  std::vector<GivenInput> inputs;
  for (GivenInput given : said) {
    const TensorInfo* const tensor = find(model, given.name);
    if (tensor == nullptr) continue;
    if (model.recipe)
      throw UsageError(
          fmt::format("{} makes its input '{}' from a table, by its recipe", model.name,
                      given.name),
          "leave --shape and --input out, or remove the metadata steelyard.recipe from the model");
    if (!given.file.empty()) {
      const NumberFile numbers = read_numbers(given.file);
      given.file = std::filesystem::absolute(given.file).string();
      given.sha256 = sha256_of_file(given.file);
      if (given.shape.empty() && open_axes(*tensor) > 0)
        if (auto shape = window_shape(*tensor, numbers.shape)) given.shape = std::move(*shape);
    }
    inputs.push_back(std::move(given));
  }
  return inputs;
}

std::optional<Network> recurrent_network(const Model& model) {
  if (!model.graph) return std::nullopt;
  try {
    return network_of(model);
  } catch (const Error&) {
    return std::nullopt;  // whatever else it is
  }
}

void give_shapes(Model& model, const std::vector<GivenInput>& given) {
  for (const GivenInput& each : given) {
    if (each.shape.empty()) continue;
    for (TensorInfo& tensor : model.inputs) {
      if (tensor.name != each.name) continue;
      const auto refuse = [&] {
        throw UsageError(fmt::format("the input '{}' of {} is {}, so it cannot be {}", tensor.name,
                                     model.name, shape_text(tensor.shape), shape_text(each.shape)),
                         "give a number for every axis, and its own for those that are fixed");
      };
      if (each.shape.size() != tensor.shape.size()) refuse();
      for (std::size_t i = 0; i < each.shape.size(); ++i) {
        if (tensor.shape[i] >= 0 && tensor.shape[i] != each.shape[i]) refuse();
        if (is_batch(tensor, i) && tensor.shape[i] < 0 && each.shape[i] == 1) continue;
        if (is_batch(tensor, i) && tensor.shape[i] < 0) tensor.batch_axis = -1;
        tensor.shape[i] = each.shape[i];
      }
    }
  }
  if (std::none_of(model.inputs.begin(), model.inputs.end(),
                   [](const TensorInfo& t) { return t.batch_axis >= 0; }))
    for (TensorInfo& output : model.outputs) output.batch_axis = -1;
}

Feed feed_of_inputs(const Model& model, const std::vector<GivenInput>& given, std::uint64_t seed) {
  Feed feed;
  feed.generated = true;
  bool open = false;
  for (const TensorInfo& tensor : model.inputs) {
    if (size_of(tensor.type) == 0)
      throw Error(fmt::format("the input '{}' of {} has an element type that cannot be made up",
                              tensor.name, model.path.string()),
                  "export the model with inputs of numbers");
    open = open || open_axes(tensor) > 0;
    if (open_axes(tensor) > 1)
      throw UsageError(fmt::format("the input '{}' of {} is {}, and its size is not known",
                                   tensor.name, model.name, shape_text(tensor.shape)),
                       fmt::format("say it, for example --shape {}={}", tensor.name,
                                   fmt::join(of_one_window({tensor}, 224).front().shape, "x")));
  }
  const auto inputs = of_one_window(model.inputs, kRows);
  const auto states = state_pairs(inputs, of_one_window(model.outputs, kRows));
  const auto file_of = [&](const TensorInfo& tensor) {
    return std::find_if(given.begin(), given.end(), [&](const GivenInput& each) {
      return each.name == tensor.name && !each.file.empty();
    });
  };
  std::vector<std::size_t> asked;  // inputs that get numbers; states begin with zeros
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (file_of(inputs[i]) != given.end() ||
        std::none_of(states.begin(), states.end(),
                     [&](const StatePair& pair) { return pair.input == i; }))
      asked.push_back(i);

  std::size_t bytes = 1, files = 0;
  for (const std::size_t i : asked) {
    const std::size_t window = inputs[i].elements() * size_of(inputs[i].type);
    FeedTensor tensor{inputs[i].name, inputs[i].type, window, {}};
    bytes += window;
    if (const auto from = file_of(inputs[i]); from != given.end()) {
      tensor.content = content_of(*from, inputs[i]);
      const std::size_t count = tensor.content.size() / window;
      if (files > 1 && count > 1 && count != files)
        throw UsageError(
            fmt::format("{} holds {} windows, another file {}", from->file, count, files),
            "give as many windows of each input, or one");
      files = std::max(files, count);
    }
    feed.others.push_back(std::move(tensor));
  }
  feed.windows = files > 0 ? files : std::clamp<std::uint64_t>(kMostBytes / bytes, 2, kMostWindows);

  const auto network = model.inputs.size() > 1 ? recurrent_network(model) : std::nullopt;
  Random random(seed);
  for (std::size_t k = 0; k < asked.size(); ++k) {
    FeedTensor& tensor = feed.others[k];
    if (!tensor.content.empty()) continue;
    tensor.content.resize(feed.windows * tensor.bytes);
    if (network && network->lengths.tensor == static_cast<int>(asked[k]))
      make_up_lengths(tensor.type, network->window > 0 ? network->window : kRows, tensor.content,
                      random);
    else
      make_up(tensor.type, model.graph ? index_range(*model.graph, tensor.name) : 2, tensor.content,
              random);
  }

  // The first of fp32 stands for the model's input where a device's own format has other names; the
  // windows of recurrent layers, where states stand beside them.
  const auto main = std::find_if(feed.others.begin(), feed.others.end(), [&](const FeedTensor& t) {
    const TensorInfo* const input = find(model, t.name);
    if (network) return input == &model.inputs[static_cast<std::size_t>(network->input_tensor)];
    return t.type == ElementType::f32 && input->shape.size() > 0;
  });
  feed.window = open ? kRows : 1;
  if (main != feed.others.end()) {
    const TensorInfo& input = inputs[asked[static_cast<std::size_t>(main - feed.others.begin())]];
    if (!open && input.shape.size() == 3)
      feed.window = static_cast<int>(input.shape[input.batch_axis == 1 ? 0 : 1]);
    if (main->bytes * feed.windows == main->content.size()) {
      feed.inputs.resize(main->content.size() / sizeof(float));
      std::memcpy(feed.inputs.data(), main->content.data(), main->content.size());
      feed.others.erase(main);
    }
  }
  // A stream of rows: all of a file, or a few that are made up.
  if (feed.window == 1)
    feed.sequence =
        static_cast<int>(files > 0 ? feed.windows : std::min<std::uint64_t>(kSteps, feed.windows));
  return feed;
}

}  // namespace steelyard
