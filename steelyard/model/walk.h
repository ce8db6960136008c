// SPDX-License-Identifier: Apache-2.0
// The walk through a graph that finds the network in it. Every name gets a Value; the data that
// flow from the input keep track of which axis is which, so that any arrangement of Transpose,
// Squeeze, Reshape, Gather ... is understood by its meaning and not by its pattern. Inside `model`
// only; one thread.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "steelyard/model/value.h"

namespace steelyard {

class Walk {
 public:
  explicit Walk(const Model& model);
  // Throws Error that names node and operator.
  Network network();

 private:
  static constexpr std::size_t kSequenceLengths = 4;  // position among a recurrent layer's inputs

  // walk.cpp
  std::vector<bool> needed_nodes() const;
  void visit(const Node&);
  Value evaluate(const Node&, const std::vector<Value>& inputs);
  Flow cast(const Node&, const Flow&) const;
  Value of_constants(const Node&, const std::vector<Value>& inputs);
  [[noreturn]] void refuse(const Node&, const std::string& why) const;
  [[noreturn]] void refuse(const std::string& why) const;
  std::vector<std::int64_t> required(const Node&, const char* name, const std::vector<Value>&,
                                     std::size_t input) const;
  int add_axis(Axis::Kind, std::int64_t extent);
  const Axis& axis(const Flow& flow, std::size_t i) const { return axes_[index_of(flow, i)]; }
  std::int64_t batch_extent() const;  // of the windows' input; -1 while open or not known
  std::size_t index_of(const Flow& flow, std::size_t i) const {
    return static_cast<std::size_t>(flow.axes[i]);
  }
  std::size_t position(const Node&, std::int64_t axis, std::size_t rank) const;
  std::string describe(const Flow&) const;

  // walk_inputs.cpp: which of the model's inputs is what
  void name_inputs();
  std::size_t data_input() const;
  void name_data(std::size_t input);
  Value given(std::size_t input);

  // walk_outputs.cpp: which of its outputs is what
  void finish();
  void read_answer(const Flow&, const std::string& output);
  std::optional<Readout> readout_of(const Flow&) const;
  bool lies_in_rows(const Flow&, Readout) const;
  std::optional<StateTensor> states_of(const Flow&) const;
  bool is_final(const Piece&) const;
  void check_weights() const;

  // walk_shapes.cpp: what becomes of Shape(x)
  Value shape_op(const Node&, const std::vector<Value>& inputs);
  bool zeros_stay(const Node&, const std::vector<Value>& inputs) const;
  Shape slice_shape(const Node&, const std::vector<Value>& inputs) const;
  Shape as_shape(const Node&, const Value&) const;
  Value shape_of(const Node&, const Flow&);
  Value filled(const Node&, const Value& shape) const;
  Value compare_shapes(const Node&, const std::vector<Value>& inputs) const;
  Value product(const Node&, const std::vector<Value>& inputs) const;
  Value repeated(const Node&, const Tensor&, const Shape& wanted) const;

  // walk_axes.cpp: what only rearranges the flowing data
  Flow transpose(const Node&, Flow);
  Flow squeeze(const Node&, const Flow&, const std::vector<Value>& inputs);
  Flow unsqueeze(const Node&, Flow, const std::vector<Value>& inputs);
  Flow reshape(const Node&, const Flow&, const std::vector<Extent>& wanted);
  std::vector<Extent> resolved(const Node&, const Flow&, std::vector<Extent> wanted) const;
  int merged(const Node&, const Flow&, std::size_t begin, std::size_t end);
  Flow flatten(const Node&, const Flow&);

  // walk_choices.cpp: what picks or joins pieces of it
  Flow gather(const Node&, Flow, const std::vector<Value>& inputs);
  Flow slice(const Node&, Flow, const std::vector<Value>& inputs);
  void cut(const Node&, Flow&, std::size_t at, std::int64_t start, std::int64_t end);
  void choose_step(const Node&, Flow&, std::int64_t begin, std::int64_t extent);
  void cut_features(const Node&, Flow&, std::size_t at, std::int64_t begin, std::int64_t end);
  Flow concat(const Node&, const std::vector<Value>& inputs);
  void split(const Node&, const std::vector<Value>& inputs);
  std::int64_t width_of(const Piece&) const;

  // walk_lengths.cpp: lengths of windows, and windows in their order
  Value of_lengths(const Node&, const GivenLengths&, const std::vector<Value>& inputs);
  Value of_order(const Node&, const SortOrder&);
  Value back_order(const Node&, const std::vector<Value>& inputs) const;
  Value counted(const Node&, const std::vector<Value>& inputs) const;
  void sort_lengths(const Node&, const std::vector<Value>& inputs);
  Flow reorder(const Node&, Flow, const SortOrder&);
  void check_order(const Node&, const Flow& x, const std::vector<Value>& inputs, bool layout) const;
  void take_lengths(const Node&, Recurrent&, const Value& lengths, std::int64_t window);

  // walk_layers.cpp: what computes
  void recurrent(const Node&, const std::vector<Value>& inputs);
  void bind_input(const Node&, const Flow&, bool layout);
  Recurrent layer_of(const Node&, const std::vector<Value>& inputs, std::int64_t window);
  void check_attributes(const Node&, Recurrent&);
  void take_activations(const Node&, Recurrent&);
  void emit_outputs(const Node&, const Flow&, const Recurrent&, bool layout);
  std::vector<float> weights(const Node&, const char* what, const Value&,
                             const std::vector<std::int64_t>& shape) const;
  const Tensor& floats(const Node&, const char* what, const Value&) const;

  // walk_states.cpp: what layers begin with
  void take_states(const Node&, Recurrent&, const std::vector<Value>& inputs, bool layout);
  std::vector<float> own_state(const Node&, const char* name, const Recurrent&, const Value&,
                               bool layout) const;
  void take_given(const Node&, const char* name, const Recurrent&, const Flow&, bool layout,
                  bool cell);

  // walk_dense.cpp: the head
  Flow gemm(const Node&, Flow, const std::vector<Value>& inputs);
  Flow matmul(const Node&, Flow, const std::vector<Value>& inputs);
  Flow add(const Node&, Flow, const Value& other, float sign = 1.0f);
  Flow multiply(const Node&, Flow, const Value& other, bool divide);
  Flow affine(const Node&, Flow, const std::vector<float>& factor,
              const std::vector<float>& summand);
  Flow dense_to_change(const Node&, Flow);
  std::vector<float> per_feature(const Node&, const Value&) const;
  void absorb_affine(const Node&, const Flow&, Recurrent&) const;
  Flow activate(const Node&, Flow, Activation);
  void add_bias(const Node&, Dense&, const Value&, float factor) const;
  Flow through(const Node&, Flow, Dense);

  const Model& model_;
  // Weights that the file holds in another format, as fp32.
  mutable std::vector<std::shared_ptr<const Tensor>> widened_;
  std::unordered_map<std::string, Value> values_;
  std::vector<Axis> axes_;
  std::vector<int> input_axes_;
  std::int64_t lengths_axis_ = -1;  // that Shape(lengths) tells of
  std::int64_t given_states_ = 0;   // that inputs hold
  std::size_t fold_limit_ = 0;      // bytes of a folded constant
  Network network_;
};

}  // namespace steelyard
