// SPDX-License-Identifier: Apache-2.0
// See walk.h. Which of the model's inputs holds the windows, which their states and lengths.
#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

// No sound model comes near these; a hostile one must not make us work for hours.
constexpr std::int64_t kMaxExtent = 1 << 24;  // of an axis of the input
constexpr std::int64_t kMaxStates = 4096;     // that all inputs hold together

bool computes_with_both(const Node& node) {
  return node.op == "Add" || node.op == "Sub" || node.op == "Mul" || node.op == "Div";
}

}  // namespace

// The input of floating point that X of the first recurrent layer is made from.
std::size_t Walk::data_input() const {
  if (model_.inputs.size() == 1) return 0;
  const auto& nodes = model_.graph->nodes;
  std::unordered_map<std::string, std::size_t> maker, input;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    for (const auto& output : nodes[i].outputs) maker.emplace(output, i);
  for (std::size_t i = 0; i < model_.inputs.size(); ++i) input.emplace(model_.inputs[i].name, i);
  const auto needed = needed_nodes();
  std::vector<std::string> todo;
  for (std::size_t i = 0; i < nodes.size() && todo.empty(); ++i)
    if (needed[i] && is_recurrent(nodes[i]) && !nodes[i].inputs.empty())
      todo.push_back(nodes[i].inputs.front());
  std::unordered_set<std::string> seen;
  while (!todo.empty()) {
    const std::string name = std::move(todo.back());
    todo.pop_back();
    if (!seen.insert(name).second) continue;
    const auto found = input.find(name);
    if (found != input.end() && model_.inputs[found->second].type == ElementType::f32)
      return found->second;
    const auto node = maker.find(name);
    if (node == maker.end()) continue;
    const auto& inputs = nodes[node->second].inputs;
    if (!inputs.empty()) todo.push_back(inputs.front());
    if (computes_with_both(nodes[node->second]) && inputs.size() > 1) todo.push_back(inputs[1]);
  }
  refuse(
      fmt::format("none of its {} inputs is read by a recurrent layer (GRU, LSTM, RNN), which "
                  "is what the native engine runs",
                  model_.inputs.size()));
}

void Walk::name_data(std::size_t index) {
  const TensorInfo& input = model_.inputs[index];
  if (input.shape.size() != 3 || input.type != ElementType::f32)
    refuse(
        fmt::format("the input \"{}\" must be float32 with three axes (batch, window, features) "
                    "for the native engine",
                    input.name));
  for (const auto extent : input.shape)
    if (extent > kMaxExtent)
      refuse(fmt::format("the input \"{}\" has an axis of {} elements; the native engine takes {}",
                         input.name, extent, kMaxExtent));
  Flow flow;
  flow.pieces = {Piece{}};
  for (const auto extent : input.shape) flow.axes.push_back(add_axis(Axis::unknown, extent));
  input_axes_ = flow.axes;
  values_[input.name] = std::move(flow);
  network_.input_tensor = static_cast<int>(index);
}

// An input beside the windows: lengths where it holds integers, else states, whose axes are what
// their places say. What is neither stays without a value, and whoever reads it refuses it.
Value Walk::given(std::size_t index) {
  const TensorInfo& input = model_.inputs[index];
  const std::size_t rank = input.shape.size();
  const int input_number = static_cast<int>(index);
  if (input.type == ElementType::i32 || input.type == ElementType::i64) {
    if (rank != 1) return std::monostate{};
    if (lengths_axis_ < 0) lengths_axis_ = add_axis(Axis::batch, input.shape.front());
    return GivenLengths{input_number};
  }
  if (input.type != ElementType::f32 || rank < 2 || input.batch_axis < 0 ||
      input.batch_axis + 1 == static_cast<int>(rank))
    return std::monostate{};
  Flow flow;
  std::int64_t states = 1, numbers = 1;  // of one window
  for (std::size_t i = 0; i < rank; ++i) {
    const auto extent = input.shape[i];
    const bool batch = static_cast<int>(i) == input.batch_axis;
    if (!batch && (extent < 1 || extent > kMaxExtent / numbers)) return std::monostate{};
    if (!batch) numbers *= extent;
    const bool stack = !batch && i + 1 < rank && extent > 1;
    if (stack && states > 1) return std::monostate{};
    if (stack) states = extent;
    flow.axes.push_back(add_axis(batch           ? Axis::batch
                                 : i + 1 == rank ? Axis::feature
                                 : stack         ? Axis::stack
                                                 : Axis::one,
                                 extent));
  }
  if ((given_states_ += states) > kMaxStates) return std::monostate{};
  for (int i = 0; i < states; ++i) flow.pieces.push_back({-1, i, Piece::given, input_number});
  return flow;
}

void Walk::name_inputs() {
  const std::size_t data = data_input();
  name_data(data);
  for (std::size_t i = 0; i < model_.inputs.size(); ++i)
    if (i != data) values_[model_.inputs[i].name] = given(i);
}

}  // namespace steelyard
