// SPDX-License-Identifier: Apache-2.0
// Packing windows and unpacking outputs.
#include "steelyard/run/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "steelyard/data/data.h"
#include "steelyard/run/inputs.h"

namespace steelyard {
namespace {

constexpr std::size_t kLine = 64;  // slots begin on cache lines, so that all cost the same

// Elements before and after the batch axis; a tensor without one is all "after".
struct Around {
  std::size_t outer = 1, inner = 1;
};
Around around_batch(const TensorInfo& tensor) {
  Around around;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    const auto axis = static_cast<std::size_t>(tensor.shape[i]);
    if (static_cast<int>(i) < tensor.batch_axis)
      around.outer *= axis;
    else if (static_cast<int>(i) > tensor.batch_axis)
      around.inner *= axis;
  }
  return around;
}

const FeedTensor* named(const Feed& feed, const std::string& name) {
  const auto found = std::find_if(feed.others.begin(), feed.others.end(),
                                  [&](const FeedTensor& t) { return t.name == name; });
  return found == feed.others.end() ? nullptr : &*found;
}

// The input that takes the windows: the first of floating point with the right number of elements
// that is no state.
std::optional<std::size_t> data_input(const Feed& feed, const Signature& signature,
                                      std::size_t wanted) {
  const auto& inputs = signature.inputs;
  const auto is_state = [&](std::size_t i) {
    return std::any_of(signature.state.begin(), signature.state.end(),
                       [&](const StatePair& pair) { return pair.input == i; });
  };
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!is_state(i) && named(feed, inputs[i].name) == nullptr &&
        (inputs[i].type == ElementType::f32 || inputs[i].quantised.scale != 0) &&
        inputs[i].elements() == wanted)
      return i;
  return std::nullopt;
}

// Numbers to where a tensor wants them, and back: as they are, or as the bytes that stand for them.
void put(const TensorInfo& tensor, std::byte* to, const float* from, std::size_t count) {
  if (tensor.type == ElementType::f32) {
    std::memcpy(to, from, count * sizeof(float));
    return;
  }
  const auto [scale, zero] = tensor.quantised;
  for (std::size_t i = 0; i < count; ++i)
    to[i] = static_cast<std::byte>(
        std::clamp(std::nearbyint(double{from[i]} / scale + zero), 0.0, 255.0));
}
void take(const TensorInfo& tensor, const std::byte* from, float* to, std::size_t count) {
  if (tensor.type == ElementType::f32) {
    std::memcpy(to, from, count * sizeof(float));
    return;
  }
  const auto [scale, zero] = tensor.quantised;
  for (std::size_t i = 0; i < count; ++i)
    to[i] = static_cast<float>((std::to_integer<int>(from[i]) - zero) * scale);
}

// Windows of a table have all their steps.
void add_whole_lengths(const Model& model, Feed& feed) {
  const auto network = recurrent_network(model);
  if (!network || network->lengths.tensor < 0) return;
  const TensorInfo& input = model.inputs[static_cast<std::size_t>(network->lengths.tensor)];
  FeedTensor lengths{input.name, input.type, size_of(input.type), {}};
  const std::int64_t all = feed.window;
  // One for every window, or, where the file fixes how many there are, all of them.
  const std::size_t count = input.batch_axis < 0 ? input.elements() : 1;
  lengths.content.resize(lengths.bytes * count);
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(lengths.content.data() + i * lengths.bytes, &all, lengths.bytes);  // little-endian
  lengths.bytes *= count;
  feed.others.push_back(std::move(lengths));
}

}  // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> axes;
  for (const auto axis : shape) axes.push_back(axis < 0 ? "?" : std::to_string(axis));
  return fmt::format("[{}]", fmt::join(axes, ","));
}

Feed load_feed(const Model& model, const std::filesystem::path& data, const std::string& ticker,
               std::uint64_t seed, const std::vector<GivenInput>& given) {
  if (!model.recipe) return feed_of_inputs(model, given, seed);
  const WindowRecipe& recipe = *model.recipe;
  if (data.empty())
    throw UsageError(fmt::format("{} reads windows of a table, and none was given", model.name),
                     "add --data FILE, a CSV file with the columns that it was trained on");
  const Dataset table = load_dataset(
      data, {.ticker = ticker.empty() ? recipe.ticker : ticker, .adjust = recipe.adjusted});
  Feed feed;
  feed.window = recipe.window;
  Windows test = make_windows(table, recipe, Part::test);
  if (test.count == 0)
    throw Error(fmt::format("{} has too few rows for one test window", data.string()),
                fmt::format("the model {} needs windows of {} rows; give a longer table",
                            model.name, recipe.window));
  feed.truth = make_truth(table, recipe, test);
  feed.windows = test.count;
  feed.inputs = std::move(test.inputs);
  feed.calibration = make_windows(table, recipe, Part::train).inputs;
  if (model.inputs.size() > 1) add_whole_lengths(model, feed);
  return feed;
}

std::uint32_t output_width(const Signature& signature, int batch) {
  if (signature.outputs.empty() || (signature.outputs.front().type != ElementType::f32 &&
                                    signature.outputs.front().quantised.scale == 0))
    return 0;
  return static_cast<std::uint32_t>(signature.outputs.front().elements() /
                                    static_cast<std::size_t>(batch));
}

FeedRing::FeedRing(const Feed& feed, const Signature& signature, int batch, int depth)
    : windows_(feed.windows), batch_(static_cast<std::size_t>(batch)) {
  // Two queries at least for each one in flight, so that none is the same twice running.
  const std::size_t laps = (windows_ + batch_ - 1) / batch_;
  const auto lanes = static_cast<std::size_t>(depth);
  ring_.slots = lanes * std::max<std::size_t>(2, (laps + lanes - 1) / lanes);
  ring_.input_bytes = signature.input_bytes();
  ring_.output_bytes = signature.output_bytes();
  ring_.input_stride = (ring_.input_bytes + kLine - 1) / kLine * kLine;
  ring_.output_stride = (ring_.output_bytes + kLine - 1) / kLine * kLine;
  inputs_.resize(ring_.slots * ring_.input_stride + kLine);
  outputs_.resize(ring_.slots * ring_.output_stride + kLine);
  const auto align = [](std::byte* p) {
    return p + (kLine - reinterpret_cast<std::uintptr_t>(p) % kLine) % kLine;
  };
  ring_.inputs = align(inputs_.data());
  ring_.outputs = align(outputs_.data());

  const std::size_t per_window = feed.inputs.size() / windows_;
  const auto chosen = data_input(feed, signature, per_window * batch_);
  if (!chosen && !feed.inputs.empty()) {
    std::string shapes;
    for (const auto& input : signature.inputs) shapes += " " + input.name + shape_text(input.shape);
    throw Error(fmt::format("no input of the model takes {} window(s) of {} numbers; it has{}",
                            batch_, per_window, shapes),
                "check the model's window and features against its recipe");
  }
  std::size_t offset = 0;
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    const TensorInfo& tensor = signature.inputs[i];
    if (const FeedTensor* other = named(feed, tensor.name))
      fill(*other, tensor, offset);
    else if (i == chosen && !feed.inputs.empty())
      fill(feed, tensor, offset);
    offset += tensor.elements() * size_of(tensor.type);
  }

  width_ = steelyard::output_width(signature, batch);
  if (width_ == 0) return;
  const TensorInfo& output = output_ = signature.outputs.front();
  if (output.batch_axis >= 0) {
    const Around around = around_batch(output);
    output_outer_ = around.outer;
    output_inner_ = around.inner;
  } else if (batch_ == 1) {
    output_inner_ = width_;
  } else {
    throw Error(
        fmt::format("the output {}{} has no batch axis, so {} windows cannot be asked at once",
                    output.name, shape_text(output.shape), batch_),
        "use --scenario SingleStream, or export the model with a batch axis");
  }
}

std::uint64_t FeedRing::first_window(std::size_t slot) const {
  // Shifted by one a lap, so that a second lap over few windows is not the first again.
  const std::size_t laps = (windows_ + batch_ - 1) / batch_;
  return (slot * batch_ + slot / laps) % windows_;
}

void FeedRing::fill(const Feed& feed, const TensorInfo& tensor, std::size_t offset) {
  const std::size_t per_window = feed.inputs.size() / windows_;
  const Around around = tensor.batch_axis >= 0 ? around_batch(tensor) : Around{1, per_window};
  auto* base = const_cast<std::byte*>(ring_.inputs);
  for (std::size_t slot = 0; slot < ring_.slots; ++slot) {
    auto* to = base + slot * ring_.input_stride + offset;
    for (std::size_t b = 0; b < batch_; ++b) {
      const float* from = feed.inputs.data() + (first_window(slot) + b) % windows_ * per_window;
      for (std::size_t o = 0; o < around.outer; ++o)
        put(tensor, to + (o * batch_ + b) * around.inner * size_of(tensor.type),
            from + o * around.inner, around.inner);
    }
  }
}

void FeedRing::fill(const FeedTensor& from, const TensorInfo& tensor, std::size_t offset) {
  const Around around = around_batch(tensor);
  const std::size_t lanes = tensor.batch_axis >= 0 ? batch_ : 1, size = size_of(tensor.type);
  const std::size_t outer = tensor.batch_axis >= 0 ? around.outer : 1;
  const std::size_t inner = around.inner * size, window = outer * inner;
  const std::size_t count = window == 0 ? 0 : from.content.size() / window;
  if (tensor.type != from.type || window != from.bytes || (count != 1 && count != windows_))
    throw Error(fmt::format("the input '{}' {} of the model takes other numbers than were made for "
                            "it",
                            tensor.name, shape_text(tensor.shape)),
                "say its shape with --shape, and check what --input gives");
  auto* base = const_cast<std::byte*>(ring_.inputs);
  for (std::size_t slot = 0; slot < ring_.slots; ++slot) {
    auto* to = base + slot * ring_.input_stride + offset;
    for (std::size_t b = 0; b < lanes; ++b) {
      const std::byte* own =
          from.content.data() + (count == 1 ? 0 : (first_window(slot) + b) % windows_) * window;
      for (std::size_t o = 0; o < outer; ++o)
        std::memcpy(to + (o * lanes + b) * inner, own + o * inner, inner);
    }
  }
}

std::size_t FeedRing::slot_of(std::uint64_t window) const {
  return static_cast<std::size_t>(window % windows_) / batch_ % ring_.slots;
}

void FeedRing::collect(std::size_t slot, std::vector<float>& outputs,
                       std::vector<std::uint8_t>& seen) const {
  const std::byte* from = ring_.outputs + slot * ring_.output_stride;
  for (std::size_t b = 0; b < batch_; ++b) {
    const std::size_t window = (first_window(slot) + b) % windows_;
    for (std::size_t o = 0; o < output_outer_; ++o)
      take(output_, from + (o * batch_ + b) * output_inner_ * size_of(output_.type),
           outputs.data() + window * width_ + o * output_inner_, output_inner_);
    seen[window] = 1;
  }
}

}  // namespace steelyard
