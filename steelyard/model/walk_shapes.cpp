// SPDX-License-Identifier: Apache-2.0
// See walk.h. Shapes computed inside the graph: exporters build initial states of zeros from
// Shape(input), and reshape with what they found there.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <utility>

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
    return !tensor || is_zero(Constant(Constant(), tensor));
  }
  // Integers that are zero are a shape, not a state.
  const auto zero = [](const Value& value) { return is_zero(value) && !integers_of(value); };
  if (node.op == "Concat") return std::all_of(inputs.begin(), inputs.end(), zero);
  const auto is_op = [&](const char* name) { return node.op == name; };
  return std::any_of(std::begin(kCuts), std::end(kCuts), is_op) && zero(inputs[0]);
}

// A list of one number as long as the shape says: only such as are shapes themselves.
Value Walk::filled(const Node& node, const Value& shape) const {
  const Tensor& value = std::get<Tensor>(node.attribute("value")->value);
  const Shape wanted = as_shape(node, shape);
  const auto count = wanted.extents.size() == 1 ? wanted.extents[0].value : -1;
  if (!integers_of(Constant(Constant(), &value)) || value.elements() != 1 || count < 0 ||
      count > static_cast<std::int64_t>(kMaxExtents))
    refuse(node, "only constants of zeros are understood");
  Tensor list{"", value.type, {count}, {}};
  for (std::int64_t i = 0; i < count; ++i)
    list.data.insert(list.data.end(), value.data.begin(), value.data.end());
  return std::make_shared<const Tensor>(std::move(list));
}

// PyTorch's expand() with -1 for "as it is": Equal finds those entries, Where puts others there.
Value Walk::compare_shapes(const Node& node, const std::vector<Value>& inputs) const {
  const bool choose = node.op == "Where";
  const std::size_t from = choose ? 1 : 0;
  if (inputs.size() != from + 2) refuse(node, "it lacks inputs");
  const Shape a = as_shape(node, inputs[from]), b = as_shape(node, inputs[from + 1]);
  if (a.extents.size() != b.extents.size()) refuse(node, "it compares shapes of unlike length");
  if (choose) {
    const auto* mask = std::get_if<Constant>(&inputs[0]);
    if (!mask || (*mask)->type != ElementType::boolean || (*mask)->data.size() != a.extents.size())
      refuse(node, "the native engine does not know this operator here");
    Shape chosen = b;
    for (std::size_t i = 0; i < a.extents.size(); ++i)
      if ((*mask)->data[i] != std::byte{0}) chosen.extents[i] = a.extents[i];
    return chosen;
  }
  Tensor mask{"", ElementType::boolean, {static_cast<std::int64_t>(a.extents.size())}, {}};
  for (std::size_t i = 0; i < a.extents.size(); ++i) {
    const Extent &x = a.extents[i], &y = b.extents[i];
    // An open extent is at least 0; of two numbers of which one is open nothing else is known.
    const bool open = x.axis >= 0 || y.axis >= 0;
    if (open && x.axis != y.axis && !(x.axis >= 0 ? y.value < 0 : x.value < 0))
      refuse(node, "it compares an extent that is open");
    mask.data.push_back(static_cast<std::byte>(open ? x.axis == y.axis : x.value == y.value));
  }
  return std::make_shared<const Tensor>(std::move(mask));
}

Value Walk::product(const Node& node, const std::vector<Value>& inputs) const {
  const auto a = integers_of(inputs[0]);
  const auto b = inputs.size() == 2 ? integers_of(inputs[1]) : std::nullopt;
  if (!a || !b || b->size() != 1 || a->size() > kMaxExtents)
    refuse(node, "the native engine does not know this operator here");
  Shape shape;
  for (const auto number : *a) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(number, b->front(), &product)) refuse(node, "its product overflows");
    shape.extents.push_back({product, -1});
  }
  return shape;
}

// A constant of the file over and over: Expand to `wanted`, or Tile `wanted` times. Along an open
// axis it stays one, which then stands for every window.
Value Walk::repeated(const Node& node, const Tensor& tensor, const Shape& wanted) const {
  const bool tile = node.op == "Tile";
  if (tile && wanted.extents.size() != tensor.shape.size())
    refuse(node, "its repeats do not fit its input");
  const std::size_t rank = std::max(wanted.extents.size(), tensor.shape.size());
  std::vector<std::int64_t> old(rank, 1), extents(rank);
  std::copy_backward(tensor.shape.begin(), tensor.shape.end(), old.end());
  std::int64_t count = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t missing = rank - wanted.extents.size();
    const Extent to = i < missing ? Extent{1, -1} : wanted.extents[i - missing];
    const bool open = to.axis >= 0 && to.value < 0;
    if (old[i] < 1 || (!open && to.value < 1) || (open && old[i] != 1) ||
        (!tile && !open && to.value != 1 && old[i] != 1 && to.value != old[i]))
      refuse(node, "the shape does not fit its input");
    extents[i] = open ? 1 : std::max(old[i], to.value);
    const auto most = static_cast<std::int64_t>(fold_limit_);
    if ((tile && !open && __builtin_mul_overflow(old[i], to.value, &extents[i])) ||
        extents[i] > most / count)
      refuse(node, "the constants grow too large");
    count *= extents[i];
  }
  Tensor result{tensor.name, tensor.type, extents, {}};
  const std::size_t width = size_of(tensor.type);
  result.data.resize(static_cast<std::size_t>(count) * width);
  std::vector<std::int64_t> index(rank, 0);
  for (std::int64_t n = 0; n < count; ++n) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < rank; ++i) at = at * old[i] + index[i] % old[i];
    std::memcpy(&result.data[static_cast<std::size_t>(n) * width],
                &tensor.data[static_cast<std::size_t>(at) * width], width);
    for (std::size_t i = rank; i-- > 0 && ++index[i] == extents[i];) index[i] = 0;
  }
  return std::make_shared<const Tensor>(std::move(result));
}

// Operators whose first input is no flowing data: shapes, and zeros that stay zeros however they
// are cut.
Value Walk::shape_op(const Node& node, const std::vector<Value>& inputs) {
  const auto& op = node.op;
  const auto is = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(), [&](const char* name) { return op == name; });
  };
  if (zeros_stay(node, inputs)) return Zeros{};
  if (op == "ConstantOfShape") return filled(node, inputs[0]);
  if (is({"Equal", "Where"})) return compare_shapes(node, inputs);
  if (op == "Mul") return product(node, inputs);
  if (op == "Range") return counted(node, inputs);
  if (const auto* constant = std::get_if<Constant>(&inputs[0]);
      constant && is({"Expand", "Tile"}) && inputs.size() == 2 && size_of((*constant)->type) > 0)
    return repeated(node, **constant, as_shape(node, inputs[1]));
  if (op == "Shape" && std::holds_alternative<Shape>(inputs[0]))
    return Shape{{{static_cast<std::int64_t>(std::get<Shape>(inputs[0]).extents.size()), -1}},
                 false};
  if (op == "Reshape" && inputs.size() == 2 &&
      integers_of(inputs[1]) == std::vector<std::int64_t>{-1})
    return as_shape(node, inputs[0]);
  if (is({"Cast", "Identity"})) {
    if (integers_of(inputs[0])) return inputs[0];
    return as_shape(node, inputs[0]);
  }
  if (is({"Squeeze", "Unsqueeze", "ReduceProd"})) {
    Shape shape = as_shape(node, inputs[0]);
    if (shape.extents.size() != 1) refuse(node, "only single extents are understood here");
    shape.scalar = op != "Unsqueeze";
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
