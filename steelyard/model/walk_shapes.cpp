// SPDX-License-Identifier: Apache-2.0
// See walk.h. Shapes computed inside the graph: exporters build initial states of zeros from
// Shape(input), and reshape with what they found there.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

constexpr std::size_t kMaxExtents = 64;

}  // namespace

Value Walk::shape_of(const Node& node, const Flow& flow) {
  Shape shape;
  for (const int id : flow.axes)
    shape.extents.push_back({axes_[static_cast<std::size_t>(id)].extent, id});
  const auto rank = static_cast<std::int64_t>(shape.extents.size());
  const auto clamp = [&](std::int64_t x) {
    return std::clamp<std::int64_t>(x < 0 ? std::max(x, -rank) + rank : x, 0, rank);
  };
  const auto begin = clamp(integer(node, "start", 0));
  const auto end = std::max(clamp(integer(node, "end", rank)), begin);
  shape.extents = {shape.extents.begin() + begin, shape.extents.begin() + end};
  return shape;
}

Shape Walk::as_shape(const Node& node, const Value& value) const {
  if (const auto* shape = std::get_if<Shape>(&value)) return *shape;
  const auto numbers = integers_of(value);
  if (!numbers || numbers->size() > kMaxExtents) refuse(node, "a shape must be made of integers");
  Shape shape;
  for (const auto number : *numbers) shape.extents.push_back({number, -1});
  shape.scalar = std::get<Constant>(value)->shape.empty();
  return shape;
}

Shape Walk::slice_shape(const Node& node, const std::vector<Value>& inputs) const {
  Shape shape = as_shape(node, inputs[0]);
  const auto starts = required(node, "starts", inputs, 1);
  const auto ends = required(node, "ends", inputs, 2);
  const auto rank = static_cast<std::int64_t>(shape.extents.size());
  if (starts.size() != 1 || ends.size() != 1 || inputs.size() > 4)
    refuse(node, "only a plain slice of a shape is understood");
  const auto clamp = [&](std::int64_t x) {
    return std::clamp<std::int64_t>(x < 0 ? std::max(x, -rank) + rank : x, 0, rank);
  };
  const auto begin = clamp(starts[0]);
  shape.extents = {shape.extents.begin() + begin,
                   shape.extents.begin() + std::max(clamp(ends[0]), begin)};
  return shape;
}

// Does the node make zeros, or cut zeros that stay zeros whatever their shape?
bool Walk::zeros_stay(const Node& node, const std::vector<Value>& inputs) const {
  static constexpr const char* kCuts[] = {"Expand",    "Tile",    "Slice",     "Reshape",
                                          "Transpose", "Squeeze", "Unsqueeze", "Gather",
                                          "Identity",  "Cast",    "Mul"};
  if (node.op == "ConstantOfShape") {
    const auto* value = node.attribute("value");
    const auto* tensor = value ? std::get_if<Tensor>(&value->value) : nullptr;
    if (tensor && !is_zero(Constant(Constant(), tensor)))
      refuse(node, "only constants of zeros are understood");
    return true;
  }
  // Integers that are zero are a shape, not a state.
  const auto zero = [](const Value& value) { return is_zero(value) && !integers_of(value); };
  if (node.op == "Concat") return std::all_of(inputs.begin(), inputs.end(), zero);
  const auto is_op = [&](const char* name) { return node.op == name; };
  return std::any_of(std::begin(kCuts), std::end(kCuts), is_op) && zero(inputs[0]);
}

// Operators whose first input is no flowing data: shapes, and zeros that stay zeros however they
// are cut.
Value Walk::shape_op(const Node& node, const std::vector<Value>& inputs) {
  const auto& op = node.op;
  const auto is = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* name) { return op == name; });
  };
  if (zeros_stay(node, inputs)) return Zeros{};
  if (is({"Cast", "Identity"})) {
    if (integers_of(inputs[0])) return inputs[0];
    return as_shape(node, inputs[0]);
  }
  if (is({"Squeeze", "Unsqueeze"})) {
    Shape shape = as_shape(node, inputs[0]);
    if (shape.extents.size() != 1) refuse(node, "only single extents are understood here");
    shape.scalar = op == "Squeeze";
    return shape;
  }
  if (op == "Gather" && inputs.size() == 2) {
    const Shape shape = as_shape(node, inputs[0]);
    const auto which = integers_of(inputs[1]);
    if (!which || which->size() > kMaxExtents) refuse(node, "the indices must be constant");
    Shape result;
    for (const auto index : *which)
      result.extents.push_back(shape.extents[position(node, index, shape.extents.size())]);
    result.scalar = std::get<Constant>(inputs[1])->shape.empty();
    return result;
  }
  if (op == "Slice") return slice_shape(node, inputs);
  if (op == "Concat") {
    Shape result;
    for (const auto& input : inputs) {
      const Shape part = as_shape(node, input);
      result.extents.insert(result.extents.end(), part.extents.begin(), part.extents.end());
      if (result.extents.size() > kMaxExtents) refuse(node, "the shape has too many extents");
    }
    return result;
  }
  refuse(node, "the native engine does not know this operator here");
}

}  // namespace steelyard
