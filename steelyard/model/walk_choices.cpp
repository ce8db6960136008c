// SPDX-License-Identifier: Apache-2.0
// See walk.h. Operators that pick steps, directions and states out of the flowing data, or put them
// together.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <utility>

#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

constexpr std::size_t kMaxPieces = 4096;

}  // namespace

std::int64_t Walk::width_of(const Piece& piece) const {
  return piece.layer < 0 ? network_.layers.empty() ? -1 : network_.layers.front().input
                         : network_.layers[static_cast<std::size_t>(piece.layer)].hidden;
}

// Of `extent` steps (-1 = open) the one at `begin`, which may count from the end.
void Walk::choose_step(const Node& node, Flow& flow, std::int64_t begin, std::int64_t extent) {
  const bool last = begin == -1 || (extent > 0 && begin == extent - 1);
  const bool first = begin == 0 || (extent > 0 && begin == -extent);
  if (!last && !first)
    refuse(node, fmt::format("it reads time step {}; the native engine gives the last one", begin));
  for (auto& piece : flow.pieces) {
    if (piece.layer < 0) refuse(node, "it reads single steps of the input");
    piece.moment = last ? Piece::last_step : Piece::first_step;
  }
}

Flow Walk::gather(const Node& node, Flow flow, const std::vector<Value>& inputs) {
  const auto which = integers_of(inputs[1]);
  if (!which || which->size() != 1) refuse(node, "the index must be one constant integer");
  const std::size_t at = position(node, integer(node, "axis", 0), flow.axes.size());
  const Axis chosen = axis(flow, at);
  const auto index = which->front();
  switch (chosen.kind) {
    case Axis::time:
      choose_step(node, flow, index, chosen.extent);
      break;
    case Axis::stack:
      flow.pieces = {flow.pieces[position(node, index, flow.pieces.size())]};
      break;
    case Axis::one:
      position(node, index, 1);
      break;
    default:
      refuse(node, fmt::format("it picks from axis {} of {}", at, describe(flow)));
  }
  const auto place = flow.axes.begin() + static_cast<std::ptrdiff_t>(at);
  if (std::get<Constant>(inputs[1])->shape.empty())
    flow.axes.erase(place);
  else
    *place = add_axis(Axis::one, 1);
  return flow;
}

Flow Walk::slice(const Node& node, Flow flow, const std::vector<Value>& inputs) {
  const auto starts = required(node, "starts", inputs, 1);
  const auto ends = required(node, "ends", inputs, 2);
  bool constant = true;
  const auto axes = setting(node, "axes", inputs, 3, constant);
  const auto steps = setting(node, "steps", inputs, 4, constant);
  if (!constant) refuse(node, "axes and steps must be constants");
  if (ends.size() != starts.size() || (axes && axes->size() != starts.size()) ||
      (steps && steps->size() != starts.size()))
    refuse(node, "starts, ends, axes and steps differ in length");
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (steps && (*steps)[i] != 1) refuse(node, "only steps of 1 are understood");
    const auto at =
        position(node, axes ? (*axes)[i] : static_cast<std::int64_t>(i), flow.axes.size());
    cut(node, flow, at, starts[i], ends[i]);
  }
  return flow;
}

// One axis of a slice, [start, end) as ONNX writes it.
void Walk::cut(const Node& node, Flow& flow, std::size_t at, std::int64_t start, std::int64_t end) {
  const Axis whole = axis(flow, at);
  const auto extent = whole.extent;
  const bool to_end =
      end >= std::numeric_limits<std::int32_t>::max() || (extent >= 0 && end >= extent);
  const bool from_start = start == 0 || (extent >= 0 && start <= -extent);
  if (from_start && to_end) return;
  const auto clamp = [&](std::int64_t x) {
    return std::clamp<std::int64_t>(x < 0 ? std::max(x, -extent) + extent : x, 0, extent);
  };
  const std::int64_t begin = extent >= 0 ? clamp(start) : start;
  const std::int64_t stop = extent >= 0 ? clamp(end) : end;
  if (extent >= 0 && stop <= begin) refuse(node, "the slice is empty");
  const auto replace = [&](Axis::Kind kind, std::int64_t left) {
    flow.axes[at] = left == 1 ? add_axis(Axis::one, 1) : add_axis(kind, left);
  };
  if (whole.kind == Axis::time) {
    // With an open time axis only these two say that one step is left.
    const bool single =
        extent >= 0 ? stop - begin == 1 : (start == -1 && to_end) || (start == 0 && end == 1);
    if (!single) refuse(node, "it keeps several time steps");
    choose_step(node, flow, begin, extent);
    replace(Axis::one, 1);
  } else if (whole.kind == Axis::stack) {
    flow.pieces = {flow.pieces.begin() + begin, flow.pieces.begin() + stop};
    replace(Axis::stack, stop - begin);
  } else if (whole.kind == Axis::feature && extent >= 0) {
    cut_features(node, flow, at, begin, stop);
  } else {
    refuse(node, fmt::format("it cuts axis {} of {}", at, describe(flow)));
  }
}

// Directions that lie side by side in the features may be taken apart again, whole.
void Walk::cut_features(const Node& node, Flow& flow, std::size_t at, std::int64_t begin,
                        std::int64_t end) {
  const bool stacked = std::any_of(flow.axes.begin(), flow.axes.end(), [&](int id) {
    return axes_[static_cast<std::size_t>(id)].kind == Axis::stack;
  });
  std::vector<Piece> kept;
  std::int64_t place = 0;
  std::int64_t width = 0;
  for (const auto& piece : flow.pieces) {
    const auto next = place + width_of(piece);
    if (place >= begin && next <= end) {
      kept.push_back(piece);
      width += next - place;
    }
    place = next;
  }
  if (stacked || !flow.head.empty() || flow.pieces.front().layer < 0 || width != end - begin)
    refuse(node, "it cuts through the features of one layer");
  flow.pieces = kept;
  flow.axes[at] = add_axis(Axis::feature, width);
}

Flow Walk::concat(const Node& node, const std::vector<Value>& inputs) {
  const auto* first = std::get_if<Flow>(&inputs.front());
  if (!first) refuse(node, "it joins the data with something else");
  const std::size_t at = position(node, integer(node, "axis", 0), first->axes.size());
  Flow result;
  result.axes = first->axes;
  result.sorted_axis = first->sorted_axis;
  std::int64_t extent = 0;
  for (const auto& input : inputs) {
    const auto* flow = std::get_if<Flow>(&input);
    if (!flow || !flow->head.empty() || flow->axes.size() != first->axes.size())
      refuse(node, "it joins the data with something else");
    if (flow->is_given() != first->is_given())
      refuse(node, "it joins what layers give with another input of the model");
    const auto width = axis(*flow, at).extent;
    bool stacked = false;
    for (std::size_t i = 0; i < flow->axes.size(); ++i) {
      const Axis& a = axis(*flow, i);
      const Axis& b = axis(*first, i);
      const bool both_stack = (a.kind == Axis::stack || a.kind == Axis::one) &&
                              (b.kind == Axis::stack || b.kind == Axis::one);
      if (i == at ? a.kind != b.kind && !both_stack : a.kind != b.kind || a.extent != b.extent)
        refuse(node, fmt::format("it joins {} with {}", describe(*first), describe(*flow)));
      stacked = stacked || a.kind == Axis::stack;
    }
    const auto kind = axis(*flow, at).kind;
    // Pieces are counted along one axis only: beside each other in the features, or stacked.
    const bool sound = kind == Axis::feature ? !stacked
                       : kind == Axis::stack ? true
                                             : kind == Axis::one && flow->pieces.size() == 1;
    const bool whole = flow->is_given() || flow->pieces.front().layer >= 0;
    if (!sound || !whole || width < 0 || (flow->sorted_axis < 0) != (first->sorted_axis < 0))
      refuse(node, fmt::format("it joins axis {} of {}", at, describe(*flow)));
    result.pieces.insert(result.pieces.end(), flow->pieces.begin(), flow->pieces.end());
    extent += width;
    if (result.pieces.size() > kMaxPieces) refuse(node, "it joins too many pieces");
  }
  const bool features = axis(*first, at).kind == Axis::feature;
  result.axes[at] =
      extent == 1 ? first->axes[at] : add_axis(features ? Axis::feature : Axis::stack, extent);
  return result;
}

// Several slices side by side.
void Walk::split(const Node& node, const std::vector<Value>& inputs) {
  const auto parts = static_cast<std::int64_t>(node.outputs.size());
  const auto given = integer(node, "axis", 0);
  std::int64_t extent = -1;
  if (const auto* flow = std::get_if<Flow>(&inputs[0]))
    extent = axis(*flow, position(node, given, flow->axes.size())).extent;
  if (const auto* constant = std::get_if<Constant>(&inputs[0]))
    extent = (*constant)->shape[position(node, given, (*constant)->shape.size())];
  bool constant = true;
  auto lengths = setting(node, "split", inputs, 1, constant);
  if (!lengths && constant && parts > 0 && extent >= 0) {
    const std::int64_t each = (extent + parts - 1) / parts;
    lengths.emplace();
    for (std::int64_t left = extent; left > 0; left -= each)
      lengths->push_back(std::min(each, left));
  }
  const bool zeros = is_zero(inputs[0]) && !integers_of(inputs[0]);
  if (!zeros && (!lengths || static_cast<std::int64_t>(lengths->size()) != parts))
    refuse(node, "its parts are not known from the file");
  const auto list = [](std::int64_t number) {
    Tensor tensor{"", ElementType::i64, {1}, std::vector<std::byte>(sizeof number)};
    std::memcpy(tensor.data.data(), &number, sizeof number);
    return Constant(std::make_shared<const Tensor>(std::move(tensor)));
  };
  Node slice = node;
  slice.op = "Slice";
  slice.attributes.clear();
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    const std::int64_t length = zeros ? 0 : (*lengths)[i];
    if (length < 0 || length > std::numeric_limits<std::int32_t>::max())
      refuse(node, "its parts are not known from the file");
    const std::int64_t end = begin + length;
    if (!node.outputs[i].empty())
      values_[node.outputs[i]] =
          zeros ? Value(Zeros{})
                : evaluate(slice, {inputs[0], list(begin), list(end), list(given)});
    begin = end;
  }
}

}  // namespace steelyard
