// SPDX-License-Identifier: Apache-2.0
// Constant folding for exporters that leave the arranging of weights to the graph (PyTorch with
// do_constant_folding=False). Every operation is one gather over indices: slow and simple.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "steelyard/model/value.h"

namespace steelyard {
namespace {

using Integers = std::vector<std::int64_t>;

[[noreturn]] void misfit(const std::string& why) { throw std::invalid_argument(why); }

std::int64_t axis_in(std::int64_t axis, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count) misfit(fmt::format("there is no axis {}", axis));
  return axis < 0 ? axis + count : axis;
}

Integers strides_of(const Integers& shape) {
  Integers strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

// `from` with the same numbers in the same order.
Tensor reshaped(const Tensor& from, Integers shape) {
  Tensor result = from;
  result.shape = std::move(shape);
  if (result.elements() != from.elements()) misfit("the shapes do not hold as many numbers");
  return result;
}

// result[i0][i1].. = from[start + i0*step0 + i1*step1 ..], steps in elements.
Tensor gathered(const Tensor& from, const Integers& shape, std::int64_t start,
                const Integers& steps) {
  Tensor result{from.name, from.type, shape, {}};
  const std::size_t width = size_of(from.type);
  const std::int64_t count = result.elements();
  result.data.resize(static_cast<std::size_t>(count) * width);
  Integers index(shape.size(), 0);
  for (std::int64_t n = 0; n < count; ++n) {
    std::int64_t at = start;
    for (std::size_t i = 0; i < shape.size(); ++i) at += index[i] * steps[i];
    std::memcpy(&result.data[static_cast<std::size_t>(n) * width],
                &from.data[static_cast<std::size_t>(at) * width], width);
    for (std::size_t i = shape.size(); i-- > 0;) {
      if (++index[i] < shape[i]) break;
      index[i] = 0;
    }
  }
  return result;
}

Tensor transpose(const Node& node, const Tensor& from) {
  Integers perm(from.shape.size());
  std::iota(perm.rbegin(), perm.rend(), 0);
  if (const auto* given = node.attribute("perm"))
    if (const auto* list = std::get_if<Integers>(&given->value)) perm = *list;
  Integers sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.size() != from.shape.size()) misfit("perm has the wrong length");
  const Integers strides = strides_of(from.shape);
  Integers shape, steps;
  for (std::size_t i = 0; i < perm.size(); ++i) {
    if (sorted[i] != static_cast<std::int64_t>(i)) misfit("perm is not a permutation");
    shape.push_back(from.shape[static_cast<std::size_t>(perm[i])]);
    steps.push_back(strides[static_cast<std::size_t>(perm[i])]);
  }
  return gathered(from, shape, 0, steps);
}

Tensor squeeze(const Tensor& from, const std::optional<Integers>& axes) {
  std::vector<bool> drop(from.shape.size(), false);
  if (axes)
    for (const auto axis : *axes) drop[static_cast<std::size_t>(axis_in(axis, drop.size()))] = true;
  Integers shape;
  for (std::size_t i = 0; i < drop.size(); ++i)
    if (!(axes ? drop[i] : from.shape[i] == 1)) shape.push_back(from.shape[i]);
  return reshaped(from, shape);
}

Tensor unsqueeze(const Tensor& from, const std::optional<Integers>& axes) {
  if (!axes || axes->size() > 8) misfit("axes are missing");
  const std::size_t rank = from.shape.size() + axes->size();
  std::vector<bool> fresh(rank, false);
  for (const auto axis : *axes) fresh[static_cast<std::size_t>(axis_in(axis, rank))] = true;
  Integers shape;
  auto old = from.shape.begin();
  for (std::size_t i = 0; i < rank; ++i)
    shape.push_back(fresh[i] || old == from.shape.end() ? 1 : *old++);
  return reshaped(from, shape);
}

Tensor reshape(const Tensor& from, const std::optional<Integers>& wanted) {
  if (!wanted) misfit("the new shape is missing");
  Integers shape = *wanted;
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && i < from.shape.size()) shape[i] = from.shape[i];
    if (shape[i] == -1 && !open)
      open = &shape[i];
    else if (shape[i] < 1 || shape[i] > std::numeric_limits<std::int32_t>::max() ||
             (known *= shape[i]) > from.elements())
      misfit("the new shape does not fit");
  }
  if (open) *open = from.elements() / known;
  return reshaped(from, shape);
}

Tensor slice(const Tensor& from, const Integers& starts, const Integers& ends, const Integers& axes,
             const Integers& steps) {
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    misfit("starts, ends, axes and steps differ in length");
  Integers shape = from.shape;
  const Integers strides = strides_of(from.shape);
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (steps[i] != 1) misfit("only steps of 1 are understood");
    const auto axis = static_cast<std::size_t>(axis_in(axes[i], from.shape.size()));
    const auto clamp = [&](std::int64_t x) {
      return std::clamp<std::int64_t>(x < 0 ? std::max(x, -from.shape[axis]) + from.shape[axis] : x,
                                      0, from.shape[axis]);
    };
    const auto first = clamp(starts[i]);
    shape[axis] = std::max<std::int64_t>(clamp(ends[i]) - first, 0);
    begin += first * strides[axis];
  }
  return gathered(from, shape, begin, strides);
}

Tensor gather(const Node& node, const Tensor& from, const Tensor& indices, const Integers& which) {
  const auto axis = static_cast<std::size_t>(axis_in(integer(node, "axis", 0), from.shape.size()));
  if (which.size() != 1) misfit("only one index is understood");
  const auto extent = from.shape[axis];
  const auto index = which[0] < 0 ? which[0] + extent : which[0];
  if (index < 0 || index >= extent) misfit(fmt::format("there is no index {}", which[0]));
  Integers shape = from.shape;
  shape[axis] = 1;
  const Integers strides = strides_of(from.shape);
  Tensor one = gathered(from, shape, index * strides[axis], strides);
  if (indices.shape.empty()) one.shape.erase(one.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return one;
}

Tensor concat(const Node& node, const std::vector<Value>& inputs, std::size_t max_bytes) {
  const Tensor& first = *std::get<Constant>(inputs.front());
  const auto axis = static_cast<std::size_t>(axis_in(integer(node, "axis", 0), first.shape.size()));
  Tensor result{first.name, first.type, first.shape, {}};
  result.shape[axis] = 0;
  std::size_t bytes = 0;
  for (const auto& input : inputs) {
    const Tensor& part = *std::get<Constant>(input);
    Integers expected = result.shape;
    if (part.shape.size() > axis) expected[axis] = part.shape[axis];
    if (part.shape != expected || part.type != first.type) misfit("the parts do not fit together");
    result.shape[axis] += part.shape[axis];
    bytes += part.data.size();
    if (bytes > max_bytes) misfit("the constants grow too large");
  }
  std::int64_t outer = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= first.shape[i];
  for (std::int64_t o = 0; o < outer; ++o)
    for (const auto& input : inputs) {
      const auto& data = std::get<Constant>(input)->data;
      const auto run = static_cast<std::ptrdiff_t>(data.size()) / outer;
      result.data.insert(result.data.end(), data.begin() + o * run, data.begin() + (o + 1) * run);
    }
  return result;
}

// Weights kept as bytes, as quantisers of models leave them: (x - zero point) * scale.
Tensor dequantised(const Node& node, const Tensor& from, const std::vector<Value>& inputs) {
  if (inputs.size() < 2 || integer(node, "block_size", 0) != 0)
    misfit("only a scale for all or along one axis is understood");
  const auto floats_at = [&](std::size_t i) {
    const auto tensor = as_floats(*std::get<Constant>(inputs[i]));
    if (!tensor) misfit("its numbers have a format that is not understood");
    std::vector<float> numbers(tensor->data.size() / sizeof(float));
    if (!numbers.empty()) std::memcpy(numbers.data(), tensor->data.data(), tensor->data.size());
    return numbers;
  };
  const auto scale = floats_at(1);
  const auto zero = inputs.size() > 2 ? floats_at(2) : std::vector<float>(scale.size(), 0.0f);
  auto numbers = floats_at(0);
  std::size_t extent = 1, inner = numbers.size();
  if (scale.size() != 1) {
    const auto axis =
        static_cast<std::size_t>(axis_in(integer(node, "axis", 1), from.shape.size()));
    extent = static_cast<std::size_t>(from.shape[axis]);
    inner = static_cast<std::size_t>(strides_of(from.shape)[axis]);
  }
  if (scale.size() != extent || zero.size() != extent) misfit("scale and axis do not fit");
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t at = i / inner % extent;
    numbers[i] = (numbers[i] - zero[at]) * scale[at];
  }
  Tensor result{from.name, ElementType::f32, from.shape, {}};
  result.data.resize(numbers.size() * sizeof(float));
  std::memcpy(result.data.data(), numbers.data(), result.data.size());
  return result;
}

// ONNX's numbers for the types.
std::optional<Tensor> cast(const Node& node, const Tensor& from) {
  constexpr std::int64_t kFloat = 1, kInt32 = 6, kInt64 = 7, kDouble = 11;
  const auto to = integer(node, "to", 0);
  if (to == kFloat || to == kDouble) return as_floats(from);
  const bool whole = from.type == ElementType::i32 || from.type == ElementType::i64;
  if ((to == kInt32 || to == kInt64) && whole) return from;
  return std::nullopt;
}

}  // namespace

std::optional<Tensor> fold(const Node& node, const std::vector<Value>& inputs,
                           std::size_t max_bytes) {
  for (const auto& input : inputs)
    if (!std::holds_alternative<Constant>(input)) return std::nullopt;
  if (inputs.empty()) return std::nullopt;
  const Tensor& from = *std::get<Constant>(inputs.front());
  if (from.type == ElementType::other || from.elements() == 0) return std::nullopt;
  bool constant = true;
  const auto list = [&](const char* attribute, std::size_t input) {
    return setting(node, attribute, inputs, input, constant);
  };
  const auto& op = node.op;
  if (op == "Identity") return from;
  if (op == "Cast") return cast(node, from);
  if (op == "DequantizeLinear") return dequantised(node, from, inputs);
  if (op == "Transpose") return transpose(node, from);
  if (op == "Squeeze") return squeeze(from, list("axes", 1));
  if (op == "Unsqueeze") return unsqueeze(from, list("axes", 1));
  if (op == "Reshape") return reshape(from, list("shape", 1));
  if (op == "Concat") return concat(node, inputs, max_bytes);
  if (op == "Gather" && inputs.size() == 2) {
    const auto which = integers_of(inputs[1]);
    if (!which) misfit("the indices are not integers");
    return gather(node, from, *std::get<Constant>(inputs[1]), *which);
  }
  if (op == "Slice") {
    const auto starts = list("starts", 1);
    const auto ends = list("ends", 2);
    if (!starts || !ends) misfit("starts or ends are missing");
    Integers all(starts->size());
    std::iota(all.begin(), all.end(), 0);
    return slice(from, *starts, *ends, list("axes", 3).value_or(all),
                 list("steps", 4).value_or(Integers(starts->size(), 1)));
  }
  return std::nullopt;
}

}  // namespace steelyard
