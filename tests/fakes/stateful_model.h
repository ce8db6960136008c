// SPDX-License-Identifier: Apache-2.0
// A Network as ONNX files in the forms in which exporters write states, lengths, activations and
// whole sequences: what the walk must understand and every runtime must answer alike.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "steelyard/model/network.h"
#include "tests/fakes/any_model.h"

namespace steelyard {

struct StatefulForm {
  // Where states before the first step come from: an input for each layer, one for all that is cut
  // (Slice, Gather or Split), the network's own as a constant or as one that is expanded.
  enum Before { absent, each, sliced, gathered, split, constant, expanded } before = absent;
  // Where those after the last one go: an output for each layer, one that joins all, or [batch,
  // hidden] of each.
  enum After { nowhere, apart, joined, squeezed } after = nowhere;
  enum Lengths { whole, input, wide_input, fixed } lengths = whole;
  bool layout = false;            // 1: batch first inside of the operators
  bool last_comes_first = false;  // inputs and outputs in the opposite order
  bool answer = true;             // there is one besides states
  int batch = -1;                 // -1: open
};

class StatefulModel : private AnyModel {
 public:
  StatefulModel(const Network& network, const StatefulForm& form)
      : AnyModel("stateful"), network_(network), form_(form) {}

  void write(const std::filesystem::path& file) {
    const std::int64_t window = network_.window > 0 ? network_.window : -1;
    declare_in("x", network_.batch_first ? Shape{form_.batch, window, network_.features}
                                         : Shape{window, form_.batch, network_.features});
    if (form_.lengths != StatefulForm::whole) make_lengths();
    for (const bool cell : {false, true}) declare_states(cell);
    std::string x = "x";
    if (network_.batch_first != form_.layout) x = node("Transpose", {x}, {{"perm", {1, 0, 2}}});
    for (std::size_t l = 0; l < network_.layers.size(); ++l) x = layer(l, x);
    if (form_.answer) answer(x);
    for (const bool cell : {false, true}) put_states(cell);
    for (std::size_t i = 0; i < ins_.size(); ++i) {
      const auto& [name, type, shape] = ins_[form_.last_comes_first ? ins_.size() - 1 - i : i];
      input(name, type, shape);
    }
    for (std::size_t i = 0; i < outs_.size(); ++i) {
      const auto& [name, type, shape] = outs_[form_.last_comes_first ? outs_.size() - 1 - i : i];
      output(name, type, shape);
    }
    save(file);
  }

 private:
  using Shape = std::vector<std::int64_t>;
  struct Declared {
    std::string name;
    int type;
    Shape shape;
  };
  void declare_in(const std::string& name, const Shape& shape,
                  int type = onnx::TensorProto::FLOAT) {
    ins_.push_back({name, type, shape});
  }
  void declare_out(const std::string& name, const Shape& shape) {
    outs_.push_back({name, onnx::TensorProto::FLOAT, shape});
  }

  bool has_cell() const { return network_.layers.front().cell == Cell::lstm; }
  int states() const {
    int count = 0;
    for (const Recurrent& layer : network_.layers) count += layer.directions;
    return count;
  }
  int first_state(std::size_t index) const {
    int count = 0;
    for (std::size_t l = 0; l < index; ++l) count += network_.layers[l].directions;
    return count;
  }
  Shape state_shape(int count, int hidden) const {
    return form_.layout ? Shape{form_.batch, count, hidden} : Shape{count, form_.batch, hidden};
  }
  std::string numbered(const char* name, std::size_t l) const { return name + std::to_string(l); }

  void make_lengths() {
    if (form_.lengths == StatefulForm::fixed) {
      std::vector<std::int32_t> numbers(network_.lengths.fixed.begin(),
                                        network_.lengths.fixed.end());
      auto& tensor = *graph_.add_initializer();
      tensor.set_name("lengths");
      tensor.set_data_type(onnx::TensorProto::INT32);
      tensor.add_dims(static_cast<std::int64_t>(numbers.size()));
      for (const auto number : numbers) tensor.add_int32_data(number);
      lengths_ = "lengths";
      return;
    }
    const bool wide = form_.lengths == StatefulForm::wide_input;
    declare_in("lengths", {form_.batch},
               wide ? onnx::TensorProto::INT64 : onnx::TensorProto::INT32);
    lengths_ = "lengths";
    if (!wide) return;
    lengths_ = node("Cast", {"lengths"});
    attribute("to", onnx::AttributeProto::INT).set_i(onnx::TensorProto::INT32);
  }

  void declare_states(bool cell) {
    if (cell && !has_cell()) return;
    const char* name = cell ? "c" : "h";
    using F = StatefulForm;
    if (form_.before == F::each)
      for (std::size_t l = 0; l < network_.layers.size(); ++l)
        declare_in(numbered(name, l),
                   state_shape(network_.layers[l].directions, network_.layers[l].hidden));
    if (form_.before == F::sliced || form_.before == F::gathered || form_.before == F::split)
      declare_in(std::string(name) + "0", {states(), form_.batch, network_.layers.front().hidden});
  }

  // The layer's part of one input for all layers, [directions, batch, hidden].
  std::string cut(std::size_t l, const std::string& all) {
    const std::int64_t first = first_state(l), count = network_.layers[l].directions;
    const std::string prefix = all + "_" + std::to_string(l);
    if (form_.before == StatefulForm::sliced)
      return node("Slice",
                  {all, integers(prefix + "_from", {first}),
                   integers(prefix + "_to", {first + count}), integers(prefix + "_at", {0})});
    if (form_.before == StatefulForm::split) {
      if (l == 0) {
        auto& tensor = *graph_.add_initializer();
        tensor.set_name(all + "_parts");
        tensor.set_data_type(onnx::TensorProto::INT64);
        tensor.add_dims(static_cast<std::int64_t>(network_.layers.size()));
        for (const Recurrent& layer : network_.layers) tensor.add_int64_data(layer.directions);
        node("Split", {all, all + "_parts"}, {}, static_cast<int>(network_.layers.size()) - 1);
        for (std::size_t i = 0; i < network_.layers.size(); ++i)
          call(all + "_part" + std::to_string(i), static_cast<int>(i));
      }
      return all + "_part" + std::to_string(l);
    }
    std::vector<std::string> rows;
    for (std::int64_t d = 0; d < count; ++d) {
      const std::string one =
          node("Gather", {all, integer(prefix + "_" + std::to_string(d), first + d)});
      rows.push_back(node("Unsqueeze", {one, integers(one + "_axis", {0})}));
    }
    if (rows.size() == 1) return rows[0];
    const std::string both = node("Concat", rows);
    attribute("axis", onnx::AttributeProto::INT).set_i(0);
    return both;
  }

  // The layer's own states [directions][rows][hidden], as they are or for as many windows as come.
  std::string own(std::size_t l, bool cell) {
    const Recurrent& layer = network_.layers[l];
    const std::vector<float>& state = cell ? layer.initial_c : layer.initial_h;
    const std::int64_t rows = static_cast<std::int64_t>(state.size()) / layer.output();
    const std::string name = numbered(cell ? "own_c" : "own_h", l);
    floats(name, {layer.directions, rows, layer.hidden}, state);
    std::string value = name;
    if (form_.before == StatefulForm::expanded) {
      const std::string shape = node("Shape", {"x"});
      const std::string batch =
          node("Gather", {shape, integers(name + "_at", {network_.batch_first ? 0 : 1})});
      const std::string wanted = node("Concat", {integers(name + "_d", {layer.directions}), batch,
                                                 integers(name + "_h", {layer.hidden})});
      attribute("axis", onnx::AttributeProto::INT).set_i(0);
      value = node("Expand", {name, wanted});
    }
    return form_.layout ? node("Transpose", {value}, {{"perm", {1, 0, 2}}}) : value;
  }

  std::string before(std::size_t l, bool cell) {
    const Recurrent& layer = network_.layers[l];
    if (form_.before == StatefulForm::absent || (cell && layer.cell != Cell::lstm)) return "";
    const char* name = cell ? "c" : "h";
    if (form_.before == StatefulForm::each) return numbered(name, l);
    if (form_.before == StatefulForm::constant || form_.before == StatefulForm::expanded)
      return own(l, cell);
    const std::string part = cut(l, std::string(name) + "0");
    return form_.layout ? node("Transpose", {part}, {{"perm", {1, 0, 2}}}) : part;
  }

  void add_attributes(const Recurrent& layer) {
    attribute("hidden_size", onnx::AttributeProto::INT).set_i(layer.hidden);
    if (layer.directions == 2 || layer.reverse)
      attribute("direction", onnx::AttributeProto::STRING)
          .set_s(layer.directions == 2 ? "bidirectional" : "reverse");
    if (form_.layout) attribute("layout", onnx::AttributeProto::INT).set_i(1);
    if (layer.cell == Cell::gru)
      attribute("linear_before_reset", onnx::AttributeProto::INT)
          .set_i(layer.linear_before_reset ? 1 : 0);
    if (layer.functions.empty()) return;
    using F = GateFunction;
    auto& names = attribute("activations", onnx::AttributeProto::STRINGS);
    for (const F& f : layer.functions) names.add_strings(name_of(f.kind));
    std::vector<float> alphas, betas;
    for (const F& f : layer.functions) {
      if (f.kind >= F::affine && f.kind <= F::elu) alphas.push_back(f.alpha);
      if (f.kind == F::affine || f.kind == F::scaled_tanh || f.kind == F::hard_sigmoid)
        betas.push_back(f.beta);
    }
    add_numbers("activation_alpha", alphas);
    add_numbers("activation_beta", betas);
  }
  void add_numbers(const char* name, const std::vector<float>& numbers) {
    if (numbers.empty()) return;
    auto& list = attribute(name, onnx::AttributeProto::FLOATS);
    for (const float number : numbers) list.add_floats(number);
  }

  // Returns the whole sequence, [time, batch, features] (with layout: batch first).
  std::string layer(std::size_t l, const std::string& x) {
    const Recurrent& layer = network_.layers[l];
    const std::int64_t d = layer.directions, rows = gates_of(layer.cell) * layer.hidden;
    const std::string prefix = "layer" + std::to_string(l) + ".";
    const std::string h = before(l, false), c = before(l, true);
    std::vector<std::string> inputs{x,
                                    floats(prefix + "W", {d, rows, layer.input}, layer.w),
                                    floats(prefix + "R", {d, rows, layer.hidden}, layer.r),
                                    floats(prefix + "B", {d, 2 * rows}, layer.b),
                                    layer.ends_early ? lengths_ : "",
                                    h};
    if (layer.cell == Cell::lstm) inputs.push_back(c);
    while (inputs.back().empty()) inputs.pop_back();
    static constexpr const char* kOps[] = {"RNN", "GRU", "LSTM"};
    node(kOps[static_cast<int>(layer.cell)], inputs, {}, layer.cell == Cell::lstm ? 2 : 1);
    const std::string y = call(prefix + "Y", 0);
    call(prefix + "Y_h", 1);
    if (layer.cell == Cell::lstm) call(prefix + "Y_c", 2);
    add_attributes(layer);
    const std::int64_t direction = form_.layout ? 2 : 1;
    if (d == 1) return node("Squeeze", {y, integers(prefix + "direction", {direction})});
    const std::string turned = form_.layout ? y : node("Transpose", {y}, {{"perm", {0, 2, 1, 3}}});
    return node("Reshape", {turned, integers(prefix + "beside", {0, 0, -1})});
  }

  void answer(const std::string& sequence) {
    std::string y = sequence;
    const std::string last = "layer" + std::to_string(network_.layers.size() - 1) + ".";
    const bool every_step = network_.readout == Readout::every_step;
    if (network_.readout == Readout::final_state) {
      y = last + "Y_h";
      if (!form_.layout) y = node("Transpose", {y}, {{"perm", {1, 0, 2}}});
      y = node("Reshape", {y, integers("rows", {0, -1})});
    } else if (!every_step) {
      y = node("Gather", {y, integer("last_step", -1)});
      attribute("axis", onnx::AttributeProto::INT).set_i(form_.layout ? 1 : 0);
    } else if (network_.answer_batch_first != form_.layout) {
      y = node("Transpose", {y}, {{"perm", {1, 0, 2}}});
    }
    for (std::size_t i = 0; i < network_.head.size(); ++i) {
      const Dense& dense = network_.head[i];
      std::vector<float> turned(dense.w.size());
      for (int o = 0; o < dense.output; ++o)
        for (int k = 0; k < dense.input; ++k)
          turned[static_cast<std::size_t>(k * dense.output + o)] =
              dense.w[static_cast<std::size_t>(o * dense.input + k)];
      const std::string prefix = "head" + std::to_string(i) + ".";
      y = node("MatMul", {y, floats(prefix + "w", {dense.input, dense.output}, turned)});
      y = node("Add", {y, floats(prefix + "b", {dense.output}, dense.b)});
    }
    node("Identity", {y});
    call("y");
    const std::int64_t window = network_.window > 0 ? network_.window : -1;
    Shape shape{form_.batch, network_.outputs()};
    if (every_step) shape.insert(shape.begin() + (network_.answer_batch_first ? 1 : 0), window);
    declare_out("y", shape);
  }

  void put_states(bool cell) {
    using F = StatefulForm;
    if (form_.after == F::nowhere || (cell && !has_cell())) return;
    const std::string name = cell ? "cn" : "hn", made = cell ? "Y_c" : "Y_h";
    std::vector<std::string> all;
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const Recurrent& layer = network_.layers[l];
      std::string state = "layer" + std::to_string(l) + "." + made;
      if (form_.after == F::joined) {
        all.push_back(form_.layout ? node("Transpose", {state}, {{"perm", {1, 0, 2}}}) : state);
        continue;
      }
      Shape shape = state_shape(layer.directions, layer.hidden);
      if (form_.after == F::squeezed) {
        const std::int64_t at = form_.layout ? 1 : 0;
        state = node("Squeeze", {state, integers(state + "_axis", {at})});
        shape.erase(shape.begin() + at);
      } else {
        node("Identity", {state});
      }
      declare_out(call(numbered(name.c_str(), l)), shape);
    }
    if (form_.after != F::joined) return;
    node("Concat", all);
    call(name);
    attribute("axis", onnx::AttributeProto::INT).set_i(0);
    declare_out(name, {states(), form_.batch, network_.layers.front().hidden});
  }

  const Network& network_;
  const StatefulForm form_;
  std::string lengths_;
  std::vector<Declared> ins_, outs_;
};

}  // namespace steelyard
