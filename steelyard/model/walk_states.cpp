// SPDX-License-Identifier: Apache-2.0
// See walk.h. What layers begin with: states that the caller gives, and states that the file holds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

constexpr std::size_t kInitialH = 5, kInitialC = 6;

}  // namespace

// A constant [directions][batch][hidden] (with layout: [batch][directions][hidden]) as the layer
// keeps it. An extent of 1 is every window's, and so are rows that are all the same.
std::vector<float> Walk::own_state(const Node& node, const char* name, const Recurrent& layer,
                                   const Value& value, bool layout) const {
  const Tensor& tensor = floats(node, name, value);
  const auto directions = static_cast<std::size_t>(layer.directions),
             hidden = static_cast<std::size_t>(layer.hidden);
  const bool fits = tensor.shape.size() == 3 && tensor.shape[layout ? 1 : 0] == layer.directions &&
                    tensor.shape[2] == layer.hidden && tensor.shape[layout ? 0 : 1] > 0;
  if (!fits)
    refuse(node, fmt::format("its {} has the shape [{}] for {} directions of {} units", name,
                             fmt::join(tensor.shape, ","), directions, hidden));
  const auto windows = static_cast<std::size_t>(tensor.shape[layout ? 0 : 1]);
  const auto batch = batch_extent();
  if (windows > 1 && batch >= 0 && static_cast<std::size_t>(batch) != windows)
    refuse(node, fmt::format("its {} holds states of {} windows, and the model takes {}", name,
                             windows, batch));
  std::vector<float> state(directions * windows * hidden);
  for (std::size_t d = 0; d < directions; ++d)
    for (std::size_t s = 0; s < windows; ++s) {
      const std::size_t from = layout ? s * directions + d : d * windows + s;
      std::memcpy(&state[(d * windows + s) * hidden], &tensor.data[from * hidden * sizeof(float)],
                  hidden * sizeof(float));
    }
  const auto row = [&](std::size_t d, std::size_t s) { return &state[(d * windows + s) * hidden]; };
  bool same = windows > 1;
  for (std::size_t d = 0; d < directions; ++d)
    for (std::size_t s = 1; s < windows; ++s)
      same = same && std::equal(row(d, 0), row(d, 0) + hidden, row(d, s));
  if (!same) return state;
  std::vector<float> one;
  for (std::size_t d = 0; d < directions; ++d) one.insert(one.end(), row(d, 0), row(d, 0) + hidden);
  return one;
}

// States that inputs of the model hold, noted beside what else those inputs hold.
void Walk::take_given(const Node& node, const char* name, const Recurrent& layer, const Flow& flow,
                      bool layout, bool cell) {
  const auto misfit = [&] {
    refuse(node,
           fmt::format("its {} arrives as {} with {} states, not as {} directions of {} units",
                       name, describe(flow), flow.pieces.size(), layer.directions, layer.hidden));
  };
  if (!flow.is_given() || !flow.head.empty() || !flow.factor.empty())
    refuse(node, fmt::format("its {} is computed inside the model; the native engine begins with "
                             "states that are given, constant or zeros",
                             name));
  if (flow.axes.size() != 3 || flow.pieces.size() != static_cast<std::size_t>(layer.directions))
    misfit();
  const Axis &stack = axis(flow, layout ? 1 : 0), &batch = axis(flow, layout ? 0 : 1),
             &feature = axis(flow, 2);
  // Axes of one entry may have been taken for each other: they hold the same.
  const bool single = stack.extent == 1 && batch.extent == 1;
  const bool placed =
      (stack.kind == Axis::stack || stack.kind == Axis::one) && batch.kind == Axis::batch;
  if ((!placed && !single) || feature.kind != Axis::feature || feature.extent != layer.hidden)
    misfit();
  for (std::size_t d = 0; d < flow.pieces.size(); ++d) {
    const Piece& piece = flow.pieces[d];
    const TensorInfo& input = model_.inputs[static_cast<std::size_t>(piece.input)];
    auto& tensors = network_.states_in;
    auto tensor = std::find_if(tensors.begin(), tensors.end(),
                               [&](const StateTensor& t) { return t.tensor == piece.input; });
    if (tensor == tensors.end()) {
      StateTensor added{piece.input, 1, 1, {}};
      for (int i = 0; i < static_cast<int>(input.shape.size()); ++i) {
        const int extent = static_cast<int>(input.shape[static_cast<std::size_t>(i)]);
        if (i < input.batch_axis) added.outer *= extent;
        if (i > input.batch_axis) added.inner *= extent;
      }
      tensor = tensors.insert(tensors.end(), std::move(added));
    }
    const bool outside = tensor->outer > 1;
    tensor->parts.push_back({{static_cast<int>(network_.layers.size()), static_cast<int>(d), cell},
                             outside ? piece.direction : 0,
                             outside ? 0 : piece.direction * layer.hidden});
  }
}

void Walk::take_states(const Node& node, Recurrent& layer, const std::vector<Value>& inputs,
                       bool layout) {
  const int sorted = std::get<Flow>(inputs[0]).sorted_axis;
  for (const bool cell : {false, true}) {
    const std::size_t at = cell ? kInitialC : kInitialH;
    const char* name = cell ? "input initial_c" : "input initial_h";
    if (at >= inputs.size() || std::holds_alternative<std::monostate>(inputs[at]) ||
        is_zero(inputs[at]))
      continue;
    if (cell && layer.cell != Cell::lstm) refuse(node, "it has an input more than its operator");
    if (const auto* flow = std::get_if<Flow>(&inputs[at])) {
      if ((flow->sorted_axis >= 0) != (sorted >= 0))
        refuse(node, fmt::format("its {} and its X have the windows in different orders", name));
      take_given(node, name, layer, *flow, layout, cell);
      continue;
    }
    auto& own = cell ? layer.initial_c : layer.initial_h;
    own = own_state(node, name, layer, inputs[at], layout);
    if (sorted >= 0 && own.size() > static_cast<std::size_t>(layer.output()))
      refuse(node, fmt::format("its {} and its X have the windows in different orders", name));
  }
}

}  // namespace steelyard
