// SPDX-License-Identifier: Apache-2.0
// The walk through a graph that finds the network in it. Every name gets a Value; the data that
// flow from the input keep track of which axis is which, so that any arrangement of Transpose,
// Squeeze, Reshape, Gather ... is understood by its meaning and not by its pattern. Inside `model`
// only; one thread.
#pragma once

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
  // walk.cpp
  std::vector<bool> needed_nodes() const;
  void visit(const Node&);
  Value evaluate(const Node&, const std::vector<Value>& inputs);
  Flow cast(const Node&, const Flow&) const;
  Value of_constants(const Node&, const std::vector<Value>& inputs);
  void finish();
  [[noreturn]] void refuse(const Node&, const std::string& why) const;
  std::vector<std::int64_t> required(const Node&, const char* name, const std::vector<Value>&,
                                     std::size_t input) const;
  int add_axis(Axis::Kind, std::int64_t extent);
  const Axis& axis(const Flow& flow, std::size_t i) const { return axes_[index_of(flow, i)]; }
  std::size_t index_of(const Flow& flow, std::size_t i) const {
    return static_cast<std::size_t>(flow.axes[i]);
  }
  std::size_t position(const Node&, std::int64_t axis, std::size_t rank) const;
  std::string describe(const Flow&) const;

  // walk_shapes.cpp: what becomes of Shape(x)
  Value shape_op(const Node&, const std::vector<Value>& inputs);
  bool zeros_stay(const Node&, const std::vector<Value>& inputs) const;
  Shape slice_shape(const Node&, const std::vector<Value>& inputs) const;
  Shape as_shape(const Node&, const Value&) const;
  Value shape_of(const Node&, const Flow&);

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
  std::int64_t width_of(const Piece&) const;

  // walk_layers.cpp: what computes
  void recurrent(const Node&, const std::vector<Value>& inputs);
  void bind_input(const Node&, const Flow&, bool layout);
  Recurrent layer_of(const Node&, const std::vector<Value>& inputs, std::int64_t window);
  void check_attributes(const Node&, Recurrent&);
  void check_states(const Node&, const std::vector<Value>& inputs, std::int64_t window);
  void check_lengths(const Node&, const Value& lengths, std::int64_t window) const;
  void emit_outputs(const Node&, const Flow&, const Recurrent&, bool layout);
  std::vector<float> weights(const Node&, const char* what, const Value&,
                             const std::vector<std::int64_t>& shape) const;
  const Tensor& floats(const Node&, const char* what, const Value&) const;
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
  std::size_t fold_limit_ = 0;  // bytes of a folded constant
  Network network_;
};

}  // namespace steelyard
