// SPDX-License-Identifier: Apache-2.0
// See walk.h. Lengths of windows, and what PyTorch's pack_padded_sequence makes of them: windows in
// the order of their lengths, put back behind the layers. Layers treat every window alike, so that
// their order changes nothing as long as all that meets in a layer has the same.
#include <fmt/format.h>

#include <algorithm>

#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

constexpr std::int64_t kMaxLength = 1 << 24;

}  // namespace

Value Walk::of_lengths(const Node& node, const GivenLengths& lengths,
                       const std::vector<Value>& inputs) {
  for (const char* op : {"Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape"})
    if (node.op == op) return lengths;
  if (node.op == "Shape" && inputs.size() == 1) {
    const int id = static_cast<int>(lengths_axis_);
    return Shape{{{axes_[static_cast<std::size_t>(id)].extent, id}}, false};
  }
  refuse(node, "the native engine does not compute with the lengths of windows");
}

// Lengths from the longest to the shortest, and where each came from.
void Walk::sort_lengths(const Node& node, const std::vector<Value>& inputs) {
  const auto* lengths = std::get_if<GivenLengths>(&inputs[0]);
  const auto* count = inputs.size() > 1 ? std::get_if<Shape>(&inputs[1]) : nullptr;
  const bool all = count && count->extents.size() == 1 && count->extents[0].axis == lengths_axis_;
  if (!lengths || lengths->sorted || !all || integer(node, "largest", 1) != 1 ||
      integer(node, "sorted", 1) != 1)
    refuse(node,
           "the native engine knows this operator only where it sorts the lengths of windows");
  const auto emit = [&](std::size_t output, Value value) {
    if (output < node.outputs.size() && !node.outputs[output].empty())
      values_[node.outputs[output]] = std::move(value);
  };
  emit(0, GivenLengths{lengths->input, true});
  emit(1, SortOrder{});
}

Value Walk::of_order(const Node& node, const SortOrder& order) {
  if (node.op == "Identity" || node.op == "Cast") return order;
  if (node.op == "Shape" && !order.back) {
    const int id = static_cast<int>(lengths_axis_);
    return Shape{{{axes_[static_cast<std::size_t>(id)].extent, id}}, false};
  }
  refuse(node, "the native engine does not compute with the order of windows");
}

// zeros[order[i]] = i: the way back.
Value Walk::back_order(const Node& node, const std::vector<Value>& inputs) const {
  const auto* order = inputs.size() == 3 ? std::get_if<SortOrder>(&inputs[1]) : nullptr;
  if (!order || order->back || !std::holds_alternative<Zeros>(inputs[0]) ||
      !std::holds_alternative<Ascending>(inputs[2]) || integer(node, "axis", 0) != 0)
    refuse(node,
           "the native engine knows this operator only where it inverts the order of windows");
  return SortOrder{true};
}

// 0, 1, 2 ... for as many windows as there are.
Value Walk::counted(const Node& node, const std::vector<Value>& inputs) const {
  const auto number = [&](std::size_t i) {
    const auto list = i < inputs.size() ? integers_of(inputs[i]) : std::nullopt;
    return list && list->size() == 1 ? list->front() : -1;
  };
  const auto* end = inputs.size() == 3 ? std::get_if<Shape>(&inputs[1]) : nullptr;
  const bool windows = end && end->extents.size() == 1 && end->extents[0].axis >= 0 &&
                       end->extents[0].axis == lengths_axis_;
  if (!windows || number(0) != 0 || number(2) != 1)
    refuse(node, "the native engine knows this operator only where it counts windows");
  return Ascending{};
}

// Windows taken in that order, along the axis that counts them.
Flow Walk::reorder(const Node& node, Flow flow, const SortOrder& order) {
  const std::size_t at = position(node, integer(node, "axis", 0), flow.axes.size());
  const auto kind = axis(flow, at).kind;
  const int id = flow.axes[at];
  if (kind != Axis::batch && kind != Axis::unknown)
    refuse(node, fmt::format("it orders axis {} of {} as windows are ordered", at, describe(flow)));
  if (order.back ? flow.sorted_axis != id : flow.sorted_axis >= 0)
    refuse(node, "it orders windows that are not in the order of which it is the way back");
  flow.sorted_axis = order.back ? -1 : id;
  return flow;
}

// What meets in a layer must have its windows in one order.
void Walk::check_order(const Node& node, const Flow& x, const std::vector<Value>& inputs,
                       bool layout) const {
  const bool sorted = x.sorted_axis >= 0;
  if (sorted && x.sorted_axis != x.axes[layout ? 0 : 1])
    refuse(node, "its X is ordered along another axis than that of its windows");
  if (inputs.size() <= kSequenceLengths ||
      std::holds_alternative<std::monostate>(inputs[kSequenceLengths]))
    return;
  const auto* lengths = std::get_if<GivenLengths>(&inputs[kSequenceLengths]);
  if ((lengths && lengths->sorted) != sorted)
    refuse(node, "its X and its sequence_lens have the windows in different orders");
}

// Lengths that are all the window's are the same as none.
void Walk::take_lengths(const Node& node, Recurrent& layer, const Value& lengths,
                        std::int64_t window) {
  WindowLengths found;
  if (const auto* given = std::get_if<GivenLengths>(&lengths)) {
    found.tensor = given->input;
  } else {
    const auto list = integers_of(lengths);
    if (!list || list->empty())
      refuse(node,
             "its input sequence_lens is neither an input of the model nor integers of the "
             "file");
    for (const auto length : *list) {
      if (length < 0 || length > kMaxLength || (window > 0 && length > window))
        refuse(node,
               fmt::format("its input sequence_lens holds {}, and its windows have {} steps",
                           length, window > 0 ? fmt::to_string(window) : "an open number of"));
      found.fixed.push_back(static_cast<int>(length));
    }
    if (std::all_of(found.fixed.begin(), found.fixed.end(),
                    [&](int length) { return length == found.fixed.front(); }))
      found.fixed.resize(1);
    if (found.fixed.size() == 1 && found.fixed[0] == window) return;
    const auto batch = batch_extent();
    if (found.fixed.size() > 1 && batch >= 0 &&
        batch != static_cast<std::int64_t>(found.fixed.size()))
      refuse(node, fmt::format("its input sequence_lens holds {} lengths, and the model takes {} "
                               "windows",
                               found.fixed.size(), batch));
  }
  if (network_.ends_early() && network_.lengths != found)
    refuse(node, "its input sequence_lens is another one than that of a layer before it");
  network_.lengths = std::move(found);
  layer.ends_early = true;
}

}  // namespace steelyard
