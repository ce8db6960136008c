// SPDX-License-Identifier: Apache-2.0
// See walk.h. Which of the model's outputs holds the answer, and which the states that windows
// leave.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/model/one_line.h"
#include "steelyard/model/walk.h"

namespace steelyard {
namespace {

constexpr int kMaxInner = 1 << 24;  // no sound model comes near it

bool all_finite(const std::vector<float>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace

// Does a piece hold what Y_h holds? The forward direction ends at the last step, unless the window
// ends before it, the reverse one at the first.
bool Walk::is_final(const Piece& piece) const {
  if (piece.layer < 0) return false;
  if (piece.moment == Piece::state) return true;
  const Recurrent& layer = network_.layers[static_cast<std::size_t>(piece.layer)];
  const bool backwards = layer.directions == 2 ? piece.direction == 1 : layer.reverse;
  return backwards ? piece.moment == Piece::first_step
                   : piece.moment == Piece::last_step && !layer.ends_early;
}

// The places of states in an output that holds nothing else.
std::optional<StateTensor> Walk::states_of(const Flow& flow) const {
  if (!flow.head.empty() || flow.sorted_axis >= 0) return std::nullopt;
  bool batch = false, stacked = false, outside = false, feature = false;
  for (std::size_t i = 0; i < flow.axes.size(); ++i) {
    const auto kind = axis(flow, i).kind;
    if (kind == Axis::time || kind == Axis::unknown || (feature && kind != Axis::one))
      return std::nullopt;
    outside = outside || (kind == Axis::stack && !batch);
    stacked = stacked || kind == Axis::stack;
    batch = batch || kind == Axis::batch;
    feature = feature || kind == Axis::feature;
  }
  if (!batch || !feature) return std::nullopt;
  StateTensor tensor;
  for (const Piece& piece : flow.pieces) {
    const bool cell = piece.moment == Piece::cell_state;
    if (!cell && !is_final(piece)) return std::nullopt;
    const int width = static_cast<int>(width_of(piece));
    if (stacked && width != width_of(flow.pieces.front())) return std::nullopt;
    if (tensor.inner > kMaxInner) return std::nullopt;
    const int place = static_cast<int>(tensor.parts.size());
    tensor.parts.push_back(
        {{piece.layer, piece.direction, cell}, outside ? place : 0, outside ? 0 : tensor.inner});
    tensor.inner = outside ? width : tensor.inner + width;
  }
  if (outside) tensor.outer = static_cast<int>(flow.pieces.size());
  return tensor;
}

// How the last layer is read, when that is all that the flow holds.
std::optional<Readout> Walk::readout_of(const Flow& flow) const {
  const int last = static_cast<int>(network_.layers.size()) - 1;
  const Recurrent& layer = network_.layers.back();
  bool final_state = flow.pieces.size() == static_cast<std::size_t>(layer.directions);
  bool last_step = final_state, every_step = final_state;
  for (std::size_t d = 0; d < flow.pieces.size(); ++d) {
    const Piece& piece = flow.pieces[d];
    const bool here = piece.layer == last && piece.direction == static_cast<int>(d);
    final_state = final_state && here && is_final(piece);
    last_step = last_step && here && piece.moment == Piece::last_step;
    every_step = every_step && here && piece.moment == Piece::every_step;
  }
  if (last_step) return Readout::last_step;
  if (final_state) return Readout::final_state;
  if (every_step) return Readout::every_step;
  return std::nullopt;
}

// Whether an answer's numbers stand side by side: [batch, features], or with the time on either
// side of the batch.
bool Walk::lies_in_rows(const Flow& flow, Readout readout) const {
  bool batch = false, time = false, features = false;
  for (std::size_t i = 0; i < flow.axes.size(); ++i) {
    const auto kind = axis(flow, i).kind;
    if (features && kind != Axis::one) return false;
    if (kind == Axis::stack && (!batch || (readout == Readout::every_step && !time))) return false;
    batch = batch || kind == Axis::batch;
    time = time || kind == Axis::time;
    features = features || kind == Axis::feature;
  }
  return true;
}

// The flow that arrives at the answer's output must be the whole of the last layer, read in one of
// the ways that Network has.
void Walk::read_answer(const Flow& flow, const std::string& output) {
  const auto fail = [&](const std::string& what) {
    refuse(fmt::format("the output \"{}\" {}", printable(output), what));
  };
  const auto readout = readout_of(flow);
  if (!readout)
    fail("must read the last step, every step or the final state of the whole last layer");
  if (!lies_in_rows(flow, *readout))
    fail(fmt::format("has the axes {}; the native engine gives [batch, features]", describe(flow)));
  if (flow.sorted_axis >= 0) fail("has its windows in the order of their lengths");
  network_.readout = *readout;
  const auto place = [&](Axis::Kind kind) {
    std::size_t i = 0;
    while (i < flow.axes.size() && axis(flow, i).kind != kind) ++i;
    return i;
  };
  network_.answer_batch_first = place(Axis::batch) <= place(Axis::time);
  for (const auto& dense : flow.head) network_.head.push_back(*dense);
}

void Walk::check_weights() const {
  const auto fail = [&](const std::string& node) {
    refuse(fmt::format("the output \"{}\" depends on node \"{}\", whose weights are not finite",
                       printable(model_.outputs.front().name), node));
  };
  for (const auto& one : network_.layers)
    for (const auto* numbers : {&one.w, &one.r, &one.b, &one.initial_h, &one.initial_c})
      if (!all_finite(*numbers)) fail(one.node);
  for (const auto& dense : network_.head)
    if (!all_finite(dense.w) || !all_finite(dense.b)) fail(dense.node);
}

// An output that holds states alone is one of states, unless there is no other: then it is the
// answer, where it can be read as one.
void Walk::finish() {
  const auto& outputs = model_.outputs;
  const auto fail = [&](std::size_t i, const std::string& what) {
    refuse(fmt::format("the output \"{}\" {}", printable(outputs[i].name), what));
  };
  std::vector<std::optional<StateTensor>> states(outputs.size());
  std::optional<std::size_t> answer;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto* flow = std::get_if<Flow>(&values_[outputs[i].name]);
    if (!flow || flow->is_given()) fail(i, "does not depend on the input");
    if (network_.layers.empty()) fail(i, "passes no recurrent layer (GRU, LSTM, RNN)");
    states[i] = states_of(*flow);
    const auto readout = readout_of(*flow);
    const bool readable = readout && lies_in_rows(*flow, *readout);
    if (states[i] && (outputs.size() > 1 || !readable)) continue;
    if (answer)
      fail(i, fmt::format("is a second answer beside \"{}\"; the native engine gives one, and "
                          "states",
                          printable(outputs[*answer].name)));
    answer = i;
  }
  network_.readout = Readout::final_state;
  network_.output_tensor = answer ? static_cast<int>(*answer) : -1;
  if (answer) read_answer(std::get<Flow>(values_[outputs[*answer].name]), outputs[*answer].name);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (answer == i) continue;
    states[i]->tensor = static_cast<int>(i);
    network_.states_out.push_back(std::move(*states[i]));
  }
  check_weights();
  network_.batch_first = axes_[static_cast<std::size_t>(input_axes_[0])].kind == Axis::batch;
  const Axis& time = axes_[static_cast<std::size_t>(input_axes_[network_.batch_first ? 1 : 0])];
  network_.window = static_cast<int>(std::max<std::int64_t>(time.extent, 0));
  network_.features = network_.layers.front().input;
}

}  // namespace steelyard
