// SPDX-License-Identifier: Apache-2.0
// See unroll.h. A gate has a Gemm of its own, so that no compiler has to cut features apart; the
// state before the first step is zeros and left out, and so are steps that nobody reads.
#include "steelyard/model/unroll.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "steelyard/base/error.h"
#include "steelyard/model/onnx_writer.h"

namespace steelyard {
namespace {

std::vector<float> part(const std::vector<float>& all, std::size_t begin, std::size_t count) {
  return {all.begin() + static_cast<std::ptrdiff_t>(begin),
          all.begin() + static_cast<std::ptrdiff_t>(begin + count)};
}

class Unroller : private OnnxWriter {
 public:
  Unroller(const Network& network, int window)
      : OnnxWriter("unrolled"), network_(network), steps_(window) {}

  onnx::ModelProto write() {
    const std::int64_t t = steps_, f = network_.features;
    if (network_.batch_first)
      declare(*graph_.add_input(), "input", {1, t, f});
    else
      declare(*graph_.add_input(), "input", {t, 1, f});
    declare(*graph_.add_output(), "output", {1, network_.outputs()});
    std::vector<std::string> flow = cut_input();
    for (std::size_t i = 0; i < network_.layers.size(); ++i) flow = layer(i, flow);
    std::string y = flow.back();
    for (const Dense& dense : network_.head) y = head(dense, y);
    return finish("output");
  }

 private:
  // What one direction of a layer carries from step to step.
  struct State {
    std::string h, c;  // empty = zeros
  };

  void declare(onnx::ValueInfoProto& info, const char* name,
               std::initializer_list<std::int64_t> shape) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    for (const auto extent : shape) tensor.mutable_shape()->add_dim()->set_dim_value(extent);
  }

  // [1, features] of each step.
  std::vector<std::string> cut_input() {
    const std::string rows =
        node("Reshape", {"input", integers("rows", {steps_, network_.features})});
    const std::string axis = integers("axis", {0});
    std::vector<std::string> steps;
    for (int t = 0; t < steps_; ++t)
      steps.push_back(node("Slice", {rows, integers(fmt::format("begin{}", t), {t}),
                                     integers(fmt::format("end{}", t), {t + 1}), axis}));
    return steps;
  }

  // Weights of one gate, written once and used in every step: "layer0.0.W2".
  std::string weights(const Recurrent& layer, std::size_t index, int direction, char what,
                      int gate) {
    const std::string name = fmt::format("layer{}.{}.{}{}", index, direction, what, gate);
    if (!known_.insert(name).second) return name;
    const auto hidden = static_cast<std::size_t>(layer.hidden);
    const auto gates = static_cast<std::size_t>(gates_of(layer.cell));
    const auto d = static_cast<std::size_t>(direction), g = static_cast<std::size_t>(gate);
    const auto width = static_cast<std::size_t>(what == 'W' ? layer.input : layer.hidden);
    if (what == 'W' || what == 'R')
      return floats(
          name, {layer.hidden, static_cast<std::int64_t>(width)},
          part(what == 'W' ? layer.w : layer.r, (d * gates + g) * hidden * width, hidden * width));
    // 'b' of the input, 'c' of the state, 's' their sum
    auto bias = part(layer.b, (d * 2 * gates + g + (what == 'c' ? gates : 0)) * hidden, hidden);
    if (what == 's') {
      const auto other = part(layer.b, (d * 2 * gates + gates + g) * hidden, hidden);
      for (std::size_t i = 0; i < hidden; ++i) bias[i] += other[i];
    }
    // Not [1, hidden]: OpenVINO 2026.4.1 crashes while it compiles some such graphs for one thread.
    return floats(name, {layer.hidden}, bias);
  }

  std::string gemm(const std::string& x, const std::string& w, const std::string& b) {
    const std::string y = b.empty() ? node("Gemm", {x, w}) : node("Gemm", {x, w, b});
    attribute("transB", onnx::AttributeProto::INT).set_i(1);
    return y;
  }

  // One direction of one layer at one step.
  struct Step {
    const Recurrent& layer;
    std::size_t index;
    int direction;
    const std::string& x;
  };
  std::string of(const Step& s, char what, int gate) {
    return weights(s.layer, s.index, s.direction, what, gate);
  }
  // W x + R h with both biases.
  std::string sum(const Step& s, int gate, const std::string& h) {
    const std::string from_x = gemm(s.x, of(s, 'W', gate), of(s, 's', gate));
    return h.empty() ? from_x : node("Add", {from_x, gemm(h, of(s, 'R', gate), "")});
  }

  void gru(const Step& s, State& state) {
    const std::string z = node("Sigmoid", {sum(s, 0, state.h)});
    const std::string r = node("Sigmoid", {sum(s, 1, state.h)});
    const std::string from_x = gemm(s.x, of(s, 'W', 2), of(s, 'b', 2));
    std::string from_h;
    if (s.layer.linear_before_reset)
      from_h = node("Mul", {r, state.h.empty() ? of(s, 'c', 2)
                                               : gemm(state.h, of(s, 'R', 2), of(s, 'c', 2))});
    else if (state.h.empty())
      from_h = of(s, 'c', 2);
    else
      from_h = gemm(node("Mul", {r, state.h}), of(s, 'R', 2), of(s, 'c', 2));
    const std::string n = node("Tanh", {node("Add", {from_x, from_h})});
    if (state.h.empty())
      state.h = node("Sub", {n, node("Mul", {z, n})});
    else
      state.h = node("Add", {n, node("Mul", {z, node("Sub", {state.h, n})})});
  }

  void lstm(const Step& s, State& state) {
    const std::string i = node("Sigmoid", {sum(s, 0, state.h)});
    const std::string o = node("Sigmoid", {sum(s, 1, state.h)});
    const std::string g = node("Tanh", {sum(s, 3, state.h)});
    std::string c = node("Mul", {i, g});
    if (!state.c.empty()) {
      const std::string f = node("Sigmoid", {sum(s, 2, state.h)});
      c = node("Add", {node("Mul", {f, state.c}), c});
    }
    state.c = c;
    state.h = node("Mul", {o, node("Tanh", {c})});
  }

  void rnn(const Step& s, State& state) {
    state.h = node(s.layer.activation == Activation::relu ? "Relu" : "Tanh", {sum(s, 0, state.h)});
  }

  // The layer's outputs: of every step, or (last layer) of the one that is read.
  std::vector<std::string> layer(std::size_t index, const std::vector<std::string>& in) {
    const Recurrent& layer = network_.layers[index];
    const bool last = index + 1 == network_.layers.size();
    std::vector<std::vector<std::string>> sides;
    std::vector<std::string> finals;
    for (int d = 0; d < layer.directions; ++d) {
      const bool backwards = d == 1 || layer.reverse;
      // The last step's output needs one step of a direction that begins there.
      const bool one = last && network_.readout == Readout::last_step && backwards;
      State state;
      std::vector<std::string> out(in.size());
      for (std::size_t i = 0; i < (one ? 1 : in.size()); ++i) {
        const std::size_t t = backwards ? in.size() - 1 - i : i;
        const Step step{layer, index, d, in[t]};
        if (layer.cell == Cell::gru)
          gru(step, state);
        else if (layer.cell == Cell::lstm)
          lstm(step, state);
        else
          rnn(step, state);
        out[t] = state.h;
      }
      sides.push_back(std::move(out));
      finals.push_back(state.h);
    }
    if (last && network_.readout == Readout::final_state) return {joined(finals)};
    if (last) {
      std::vector<std::string> ends;
      for (const auto& side : sides) ends.push_back(side.back());
      return {joined(ends)};
    }
    std::vector<std::string> out;
    for (std::size_t t = 0; t < in.size(); ++t) {
      std::vector<std::string> both;
      for (const auto& side : sides) both.push_back(side[t]);
      out.push_back(joined(both));
    }
    return out;
  }

  std::string joined(const std::vector<std::string>& sides) {
    if (sides.size() == 1) return sides.front();
    const std::string both = node("Concat", sides);
    attribute("axis", onnx::AttributeProto::INT).set_i(1);
    return both;
  }

  std::string head(const Dense& dense, const std::string& x) {
    const std::string prefix = fmt::format("head{}.", heads_++);
    const std::string w = floats(prefix + "weight", {dense.output, dense.input}, dense.w);
    const std::string y = gemm(x, w, floats(prefix + "bias", {dense.output}, dense.b));
    return activated(dense.activation, y);
  }

  const Network& network_;
  int steps_, heads_ = 0;
  std::set<std::string> known_;
};

}  // namespace

void unroll(const Model& model, int window, const std::filesystem::path& file) {
  const Network network = network_of(model);
  if (const std::string more = beyond_plain(network); !more.empty())
    throw Error(fmt::format("{} cannot be unrolled: it {}", model.path.string(), more),
                "unroll a model that goes from windows and zero states to one answer each");
  const int steps = network.window > 0 ? network.window : window;
  if (steps < 1 || steps > 4096)
    throw Error(fmt::format("{} cannot be unrolled over {} steps", model.path.string(), steps),
                "give a window of 1 to 4096 steps");
  auto metadata = model.metadata;
  metadata["steelyard.unrolled_from"] = model.sha256;
  write_onnx(Unroller(network, steps).write(), metadata, file);
}

}  // namespace steelyard
