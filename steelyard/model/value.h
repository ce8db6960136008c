// SPDX-License-Identifier: Apache-2.0
// What a name of the graph stands for while network_of() walks it: a constant, zeros, a shape, or
// the data that flows from the input through the layers. Inside `model` only; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "steelyard/model/model.h"

namespace steelyard {

// An axis of the flowing data. The input's axes get their kind from the first recurrent layer;
// `stack` counts directions (or states of several layers), `one` is an axis of extent 1 that means
// nothing.
struct Axis {
  enum Kind { unknown, batch, time, stack, feature, one } kind = unknown;
  std::int64_t extent = -1;  // -1 = open
};

// What one direction of one layer contributes, and at which of its steps; or a state that an input
// of the model holds.
struct Piece {
  enum Moment { every_step, last_step, first_step, state, cell_state, given };
  int layer = -1;     // index into Network::layers; -1 = the input itself
  int direction = 0;  // given: which of the states that the input holds
  Moment moment = every_step;
  int input = -1;  // given: index into Model::inputs
  friend bool operator==(const Piece&, const Piece&) = default;
};

// A tensor made from the input: which pieces it holds in order (along `stack` where there is such
// an axis, else along `feature`), how its axes lie (indices into the walk's table), and what dense
// layers it went through since.
struct Flow {
  std::vector<Piece> pieces;
  std::vector<int> axes;
  std::vector<std::shared_ptr<const Dense>> head;
  // Before the first layer: the input is multiplied and then added to, by feature (one number:
  // all).
  std::vector<float> factor, summand;
  // The axis along which windows stand in the order of their lengths; -1: as they came.
  int sorted_axis = -1;

  bool is_given() const { return pieces.front().moment == Piece::given; }
};

// An entry of a shape: a number, or the extent of an axis that is open.
struct Extent {
  std::int64_t value = -1;
  int axis = -1;
};
struct Shape {
  std::vector<Extent> extents;
  bool scalar = false;
};

struct Zeros {};  // of whatever shape

// The lengths of windows that an input of the model holds, one a window.
struct GivenLengths {
  int input = 0;  // index into Model::inputs
  bool sorted = false;
};
// Indices that put windows into the order of their lengths, or back; and 0, 1, 2 ... of as many.
struct SortOrder {
  bool back = false;
};
struct Ascending {};

using Constant = std::shared_ptr<const Tensor>;
using Value =
    std::variant<std::monostate, Constant, Zeros, Shape, Flow, GivenLengths, SortOrder, Ascending>;

// The integers of a constant i64 or i32 tensor; none for other values.
std::optional<std::vector<std::int64_t>> integers_of(const Value&);
// True for Zeros and for constants whose bytes are all zero.
bool is_zero(const Value&);

// One of ONNX's many integer settings: the attribute of that name, else input `input`; none when
// both are absent. `constant` turns false when the input is there but not constant.
std::optional<std::vector<std::int64_t>> setting(const Node&, const char* attribute,
                                                 const std::vector<Value>& inputs,
                                                 std::size_t input, bool& constant);

// A tensor of numbers as fp32; none for booleans and formats that are not understood.
std::optional<Tensor> as_floats(const Tensor&);

// GRU, LSTM or RNN.
bool is_recurrent(const Node&);

// An integer attribute or its default.
std::int64_t integer(const Node&, const char* attribute, std::int64_t otherwise);

// The node's result when all inputs are constants and it merely moves numbers about (Slice, Concat,
// Transpose ...); empty when it is none of those. Throws std::invalid_argument, with the reason,
// for settings that do not fit the shapes, and for results larger than `max_bytes`.
std::optional<Tensor> fold(const Node&, const std::vector<Value>& inputs, std::size_t max_bytes);

}  // namespace steelyard
